"""The page as officers use it: without a script, with mouse and keyboard, on a phone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from lfr_batch.results.lake import open_lake
from lfr_batch.results.report import make_report, write_page
from lfr_batch.results.report_rows import ReportScope
from lfr_batch.results.store import open_store
from tests.console.browser import Page, chromium, new_page

from .runs_asked import EARLIER, LATER, publish
from .synthetic import draw_face

PHONE, DESK = (390, 844), (1280, 900)
LARGE = "document.querySelector('.pair[open] .face').getBoundingClientRect().width"


def enrolled(_: str, __: str, image_ids: Sequence[str]) -> Mapping[str, bytes]:
    return {image_id: draw_face(77) for image_id in image_ids}


@pytest.fixture(scope="module")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chromium(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a case with two runs."""
    folder = tmp_path_factory.mktemp("report")
    store = open_store(folder / "lake")
    for day, run_id in enumerate((EARLIER, LATER)):
        publish(store, run_id, day=day)
    report = make_report(
        open_lake(store.uri), store, ReportScope(case_ref="OP-LANTERN 12/26"), enrolled
    )
    write_page(report, folder / "r.html")
    return folder / "r.html"


@pytest.fixture
def page(devtools: str, written: Path) -> Iterator[Page]:
    with new_page(devtools) as opened:
        opened.call("Emulation.setScriptExecutionDisabled", value=True)
        opened.size(*DESK)
        opened.open(written.as_uri())
        opened.wait("document.querySelectorAll('.sighting').length === 4")
        opened.wait("[...document.images].every(each => each.complete)")
        yield opened
        assert opened.problems == []


def test_pictures_open_large_by_mouse_and_by_keyboard(page: Page) -> None:
    page.evaluate("document.querySelector('.pair').scrollIntoView({block: 'center'})")
    page.tap(".pair summary")
    assert page.evaluate(LARGE) > 500
    page.tap(".pair[open] .back")
    page.wait("!document.querySelector('.pair[open]')")
    page.evaluate("document.querySelector('.pair summary').focus()")
    page.press("Enter")
    assert page.evaluate(LARGE) > 500
    assert "a candidate, not an identification" in page.text(".pair[open] .back")
    page.press("Enter")
    assert not page.evaluate("!!document.querySelector('.pair[open]')")


def test_the_order_is_switched(page: Page) -> None:
    """Where they are seen, from top to bottom."""
    seen = (
        "[...document.querySelectorAll('.sighting, .cards .person, .cards .day')]"
        ".map(e => [e.getBoundingClientRect(), e.querySelector('h3')?.innerText ?? e.innerText])"
        ".filter(e => e[0].height).sort((a, b) => a[0].top - b[0].top).map(e => e[1].split(' ')[0])"
    )
    by_person = ["S029", *["Candidate"] * 2, "S014", *["Candidate"] * 2]
    assert page.evaluate(seen) == by_person
    page.evaluate("document.querySelector('#by-time').scrollIntoView()")
    page.tap("label[for=by-time]")
    assert page.evaluate(seen) == ["Friday", *["Candidate"] * 3, "Time", "Candidate"]
    page.evaluate("document.querySelector('#by-time').focus()")
    page.press("ArrowUp")
    page.wait("document.querySelector('#by-person').checked")
    assert page.evaluate(seen) == by_person


def test_a_phone_shows_all_of_it_with_the_threshold(page: Page) -> None:
    page.size(*PHONE, mobile=True)
    page.wait(f"innerWidth === {PHONE[0]}")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    right = (
        "Math.max(...[...document.querySelectorAll('.sighting td.reach, .stack td')]"
        ".map(e => e.getBoundingClientRect().right))"
    )
    assert 0 < page.evaluate(right) <= PHONE[0]
    assert page.evaluate("document.querySelector('td.reach').offsetWidth") > 40
    page.evaluate("document.querySelector('.pair').scrollIntoView({block: 'center'})")
    page.tap(".pair summary")
    assert page.evaluate(LARGE) > 350
