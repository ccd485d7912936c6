"""That everybody can read the page, at every size: by axe's rules in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.live.records import Role
from tests.console.axe import findings
from tests.console.browser import Page
from tests.console.made import Served, camera_health, now_alert, served
from tests.console.screens import (
    PHONE,
    TABLET,
    alerts_shown,
    both_up,
    engineering,
    enter,
    raise_alerts,
)
from tests.console.test_aiming import STILLS, aim
from tests.console.test_volunteers import VOLUNTEER, WANTED, chooses, opens
from tests.console.test_zoom import whole_alert
from tests.live.seeded import seed

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
LOW = """
[...document.querySelectorAll('button, summary, select, input')]
  .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 48)
  .map(each => each.outerHTML)
"""
SPLIT = """
['.now b', '#open-scene', '#open-zoom', '#last-passes button', '#begin'].filter(each =>
  [...document.querySelectorAll(each)].filter(e => e.checkVisibility()).some(e => {
    const line = parseFloat(getComputedStyle(e).fontSize) * 1.35;
    const words = document.createRange();
    words.selectNodeContents(e.lastChild ?? e);
    return words.getBoundingClientRect().height > 1.5 * line;
  }))
"""
"""What is of a word or two, and runs over more than one line."""
CUT = "[...document.querySelectorAll('.place > *')].some(e => e.scrollWidth > e.clientWidth)"
AT = "(which => document.querySelector(which).getBoundingClientRect())"
LOOKS = ((PORTRAIT, False), (PHONE, True), (TABLET, False))
"""What is laid out at every size is so in both themes; colours are the same at every size."""
JUDGED = ((PHONE, True), (TABLET, False))
"""By axe as well."""


def check(page: Page) -> None:
    assert page.evaluate(SMALL) == []
    assert page.evaluate(LOW) == []
    assert page.evaluate(SPLIT) == []


def look(page: Page, picture: Path) -> None:
    """At every size, and in both themes; the tablet's is left."""
    for size, dark in LOOKS:
        page.size(*size, mobile=size == PHONE, dark=dark)
        if (size, dark) in JUDGED:
            assert findings(page) == [], (picture.name, size, dark)
        check(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.screenshot(picture.with_name(f"{picture.name}-{size[0]}.png"))


def look_at_tablet(page: Page) -> None:
    """In both themes."""
    for dark in (True, False):
        page.size(*TABLET, dark=dark)
        assert findings(page) == [], dark
    check(page)


def test_an_alert_and_a_decision_that_is_begun(page: Page, console: Served, tmp_path: Path) -> None:
    both_up(console)
    raise_alerts(console, 2)
    enter(page, console, "reviewer")
    alerts_shown(page, 2)
    look(page, tmp_path / "alert")
    page.press("1", "4")
    console.router.raise_alert(now_alert(2))
    page.wait_for_text("#newer", "1 newer alert")
    look(page, tmp_path / "begun")


def test_nothing_yet_and_a_camera_that_is_down(page: Page, console: Served, tmp_path: Path) -> None:
    both_up(console)
    console.router.report_health(camera_health("north", state="reconnecting", detail="gone"))
    enter(page, console, "operator")
    page.wait_for_text("#banner", "Camera north is not reachable")
    look(page, tmp_path / "down")


@pytest.mark.parametrize(
    ("name", "opener", "dialog"),
    [
        ("reviewer", "#show-help", "#help"),
        ("reviewer", "#sound", "#sound-panel"),
        ("auditor", "#show-decisions", "#decisions"),
    ],
)
def test_dialogs(name: Role, opener: str, dialog: str, page: Page, console: Served) -> None:
    both_up(console)
    raise_alerts(console, 1)
    decided = {"verdict": "match", "reason": "Known to me"}
    console.client("reviewer").ask("POST", "/api/alerts/a0000/reviews", decided)
    enter(page, console, name)
    alerts_shown(page, 1)
    page.tap(opener)
    page.wait(f"document.querySelector('{dialog}').open")
    look_at_tablet(page)


def test_the_login_page_and_one_that_is_over(page: Page, console: Served) -> None:
    page.open(console.url)
    page.wait("document.querySelector('#enter')?.disabled === false")
    look_at_tablet(page)
    enter(page, console, "reviewer")
    console.app.state.console.feed.stop()
    page.wait("!document.querySelector('#over').hidden")
    look_at_tablet(page)


def test_on_its_edge_the_place_and_rehearsal_are_whole(page: Page, tmp_path: Path) -> None:
    place = "High Street, opposite the station and the market hall"
    with served(tmp_path, rehearsal=True, place=place) as console:
        both_up(console)
        raise_alerts(console, 4)
        enter(page, console, "reviewer")
        alerts_shown(page, 4)
        assert page.text(".place h1") == f"REHEARSAL {place}"
        for size in (PHONE, PORTRAIT, (768, 1024)):
            page.size(*size)
            assert not page.evaluate(CUT), size
            if size != PHONE:
                page.evaluate("document.querySelector('.desk').scrollTo(0, 1e6); scrollTo(0, 1e6)")
                assert page.evaluate(f"{AT}('.place').top >= 0"), size
                assert page.evaluate(f"{AT}('#engineering').bottom <= innerHeight"), size


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[Served]:
    seed(tmp_path)
    with served(tmp_path, rehearsal=True, place="High Street, opposite the station") as console:
        both_up(console)
        yield console


def test_aiming_and_a_camera_that_refuses_its_password(page: Page, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    seed(tmp_path)
    with served(tmp_path, watch_from=now - timedelta(hours=1)) as console:
        aim(console, "north", "south")
        enter(page, console, "operator")
        page.wait(f"{STILLS} === 2")
        look(page, tmp_path / "aiming")
        assert not page.evaluate("document.querySelector('#show-passes').checkVisibility()")
        page.tap("#begin")
        page.wait("document.querySelector('#begin-sure').open")
        look(page, tmp_path / "sure")
        page.tap("#begin-yes")
        page.wait("!document.body.classList.contains('is-aimed')")
        later = now + timedelta(hours=1)
        console.router.report_health(camera_health("south", state="refused", at=later))
        detail = "http://192.0.2.1/… refuses the connection: is the camera on, the port right?"
        gone = camera_health("north", state="reconnecting", at=later, detail=detail)
        console.router.report_health(gone)
        page.wait("document.querySelector('[data-again=south]')")
        page.wait_for_text("#cameras", "the camera refuses the connection: is the camera on, the")
        assert "port right? south" in page.text("#cameras")
        engineering(page)
        look(page, tmp_path / "refused")
    page.problems[:] = [each for each in page.problems if "preview.jpg" not in each]


def test_one_person_seen_twice_the_scene_and_zoom(
    page: Page, seeded: Served, tmp_path: Path
) -> None:
    for number in (0, 1):
        seen = replace(
            whole_alert(WANTED), alert_id=f"b{number}", camera=("north", "south")[number]
        )
        seeded.router.raise_alert(seen)
    enter(page, seeded, "reviewer")
    page.wait_for_text("#alerts", "seen 2 times")
    page.wait("document.querySelectorAll('.thumb').length === 6")
    look(page, tmp_path / "detail")
    head = "document.querySelector('.place h1')"
    assert page.evaluate(f"{head}.scrollWidth <= {head}.clientWidth")
    for key in ("s", "z"):
        page.press(key)
        page.wait("document.querySelector('#zoom').open")
        look(page, tmp_path / f"zoom-{key}")
        page.press("Escape")
        page.wait("!document.querySelector('#zoom').open")


def test_a_volunteer_and_their_passes(page: Page, seeded: Served, tmp_path: Path) -> None:
    for camera in ("north", "south"):
        seeded.router.raise_alert(now_alert(VOLUNTEER, alert_id=f"b-{camera}", camera=camera))
    enter(page, seeded, "operator")
    page.wait_for_text("#alerts", "seen 2 times")
    opens(page, "S000")
    page.wait_for_text("#volunteer", "Volunteer – not an alert")
    page.wait_for_text("#also-seen", ":")
    assert "to decide" not in page.text("#also-seen"), "nobody decides about a volunteer"
    look(page, tmp_path / "volunteer")
    page.tap("#show-passes")
    chooses(page, "S001", "south")
    page.tap("#passes-now")
    page.wait("document.querySelector('#last-passes button')")
    look(page, tmp_path / "passes")
