"""That everybody can read the page: by axe's rules, in both themes, at every size."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.live.records import Role
from tests.console.axe import findings
from tests.console.browser import Page
from tests.console.made import Served, camera_health, now_alert, served
from tests.console.screens import PHONE, TABLET, alerts_shown, both_up, enter, raise_alerts

PORTRAIT = (800, 1280)
SMALL = """
(() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const { parentElement: around, data } = walk.currentNode;
    if (!data.trim() || !around.checkVisibility()) continue;
    const px = parseFloat(getComputedStyle(around).fontSize);
    if (px < 14) found.push(`${px} ${around.className}: ${data.trim().slice(0, 40)}`);
  }
  return [...new Set(found)];
})()
"""
LOOKS = [
    pytest.param(size, dark, id=f"{size[0]}-{'dark' if dark else 'light'}")
    for size in (TABLET, PORTRAIT, PHONE)
    for dark in (False, True)
]


def check(page: Page) -> None:
    assert findings(page) == []
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_an_alert_and_a_decision_that_is_begun(
    size: tuple[int, int], dark: bool, page: Page, console: Served
) -> None:
    page.size(*size, dark=dark)
    both_up(console)
    raise_alerts(console, 2)
    enter(page, console, "reviewer")
    alerts_shown(page, 2)
    check(page)
    page.press("1", "4")
    console.router.raise_alert(now_alert(2))
    page.wait_for_text("#newer", "1 newer alert")
    check(page)


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_nothing_yet_and_a_camera_that_is_down(
    size: tuple[int, int], dark: bool, page: Page, console: Served
) -> None:
    page.size(*size, dark=dark)
    both_up(console)
    console.router.report_health(camera_health("north", state="reconnecting", detail="gone"))
    enter(page, console, "operator")
    page.wait_for_text("#banner", "Camera north is not reachable")
    check(page)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("name", "opener", "dialog"),
    [
        ("reviewer", "#show-help", "#help"),
        ("reviewer", "#sound", "#sound-panel"),
        ("auditor", "#show-decisions", "#decisions"),
    ],
)
def test_dialogs(
    name: Role, opener: str, dialog: str, dark: bool, page: Page, console: Served
) -> None:
    page.size(*TABLET, dark=dark)
    both_up(console)
    raise_alerts(console, 1)
    decided = {"verdict": "match", "reason": "Known to me"}
    console.client("reviewer").ask("POST", "/api/alerts/a0000/reviews", decided)
    enter(page, console, name)
    alerts_shown(page, 1)
    page.tap(opener)
    page.wait(f"document.querySelector('{dialog}').open")
    check(page)


@pytest.mark.parametrize("dark", [False, True])
def test_the_login_page_and_one_that_is_over(dark: bool, page: Page, console: Served) -> None:
    page.size(*TABLET, dark=dark)
    page.open(console.url)
    page.wait("document.querySelector('#enter')?.disabled === false")
    check(page)
    enter(page, console, "reviewer")
    console.app.state.console.feed.stop()
    page.wait("!document.querySelector('#over').hidden")
    check(page)


@pytest.mark.parametrize("size", [PORTRAIT, (768, 1024), PHONE])
def test_on_its_edge_the_place_and_rehearsal_are_whole(
    size: tuple[int, int], page: Page, tmp_path: Path
) -> None:
    place = "High Street, opposite the station and the market hall"
    with served(tmp_path, rehearsal=True, place=place) as console:
        page.size(*size)
        both_up(console)
        raise_alerts(console, 4)
        enter(page, console, "reviewer")
        alerts_shown(page, 4)
        assert page.text(".place h1") == f"REHEARSAL {place}"
        cut = (
            "[...document.querySelectorAll('.place > *')].some(e => e.scrollWidth > e.clientWidth)"
        )
        assert not page.evaluate(cut)
        if size == PHONE:
            return
        page.evaluate("document.querySelector('.desk').scrollTo(0, 1e6); scrollTo(0, 1e6)")
        top = page.evaluate("document.querySelector('.place').getBoundingClientRect().top")
        assert top >= 0
        bottom = "document.querySelector('#engineering').getBoundingClientRect().bottom"
        assert page.evaluate(f"{bottom} <= innerHeight")
