"""That everybody can read the examiners' page, at every size: by axe's rules in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.axe import findings
from tests.console.browser import Page
from tests.console.screens import PHONE, TABLET
from tests.console.test_seen import PORTRAIT, SMALL, SPLIT
from tests.office.desk import enter_office, open_queue, open_sighting
from tests.office.made import ServedOffice, decision, path_of, served_office

DESK = (1920, 1080)
Looks = tuple[tuple[tuple[int, int], bool], ...]
JUDGED = ((PHONE, True), (TABLET, False))
"""By axe as well: the smallest and the usual one."""
LOOKS = ((PORTRAIT, True), (DESK, False), *JUDGED)
"""What is laid out at every size is so in both themes; colours are the same at every size."""
LOW = """
[...document.querySelectorAll('button, summary, select, textarea, label:has(input)')]
  .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 44)
  .map(each => each.outerHTML)
"""
CUT = """
[...document.querySelectorAll('.radios label span, .pill, button')]
  .filter(each => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).display !== 'inline')
  .map(each => each.outerHTML)
"""
"""What is wider than its place."""


def look(page: Page, picture: Path, looks: Looks = JUDGED) -> None:
    """At sizes, and in both themes; the tablet's is left."""
    for size, dark in looks:
        page.size(*size, mobile=size == PHONE, dark=dark)
        if (size, dark) in JUDGED:
            assert findings(page) == [], (picture.name, size, dark)
        assert page.evaluate(SMALL) == []
        assert page.evaluate(LOW) == [], (picture.name, size)
        assert page.evaluate(CUT) == [], (picture.name, size)
        assert page.evaluate(SPLIT) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.screenshot(picture.with_name(f"{picture.name}-{size[0]}.png"))


@pytest.fixture
def decided(home: Path) -> Iterator[ServedOffice]:
    """Its newest run's first sighting went to a third examiner; something became of it."""
    with served_office(home) as office:
        decide(office)
        yield office


def decide(office: ServedOffice) -> None:
    run = office.runs()[0]
    path = path_of(run, office.sightings(run)[0])
    other = {**decision()["components"], "ears": "different"}
    office.decide("Anne", path)
    office.decide("Bill", path, conclusion="different", components=other)
    office.decide("Caro", path, conclusion="different_strong", components=other)
    noted = {"outcome": "eliminated", "reason": "was abroad on that day"}
    office.client("Anne").ask("POST", f"{path}/outcomes", noted)


def test_the_login(page: Page, undecided: ServedOffice, tmp_path: Path) -> None:
    page.open(undecided.url)
    page.wait("document.querySelector('#enter:not(:disabled)')")
    look(page, tmp_path / "login")
    page.press("x", "Enter")
    page.wait_for_text("#said", "Not logged in: this token is not known.")
    look(page, tmp_path / "refused")
    page.problems.clear()  # the browser notes the 401


def test_lists_help_and_what_is_decided(page: Page, decided: ServedOffice, tmp_path: Path) -> None:
    enter_office(page, decided, "Anne")
    look(page, tmp_path / "runs")
    open_queue(page)
    look(page, tmp_path / "queue")
    page.press("?")
    page.wait("document.querySelector('#help').open")
    look(page, tmp_path / "help")
    for name in ("Anne", "Otto", "Ida"):
        enter_office(page, decided, name)
        open_queue(page)
        page.evaluate(
            "(s => { s.value = 'decided'; s.dispatchEvent(new Event('change')) })"
            "(document.querySelector('#showing'))"
        )
        page.evaluate("document.querySelector('#queue .entry').focus()")
        open_sighting(page)
        page.wait_for_text("#decisions", "Third examiner")
        look(page, tmp_path / f"decided-{name}", LOOKS if name == "Anne" else JUDGED[:1])


def test_a_comparison(page: Page, undecided: ServedOffice, tmp_path: Path) -> None:
    enter_office(page, undecided, "Anne")
    open_queue(page)
    open_sighting(page)
    page.press("s", "d", "n")
    look(page, tmp_path / "form", LOOKS)
    page.evaluate("document.querySelector('#save').scrollIntoView()")
    page.evaluate("document.querySelector('#save').click()")
    page.wait_for_text("#said", "Not saved")
    look(page, tmp_path / "missing")
    page.press("2")
    look(page, tmp_path / "other-candidate")


def test_what_is_chosen_is_seen_in_colours_of_ones_own(
    page: Page, undecided: ServedOffice, tmp_path: Path
) -> None:
    features = [
        {"name": "forced-colors", "value": "active"},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    page.call("Emulation.setEmulatedMedia", features=features)
    enter_office(page, undecided, "Anne")
    open_queue(page)
    open_sighting(page)
    page.press("s")
    outlined = (
        "getComputedStyle(document.querySelector('.candidate[aria-pressed=true]')).outlineStyle"
    )
    assert page.evaluate(outlined) == "solid"
    assert findings(page) == []
    page.screenshot(tmp_path / "forced.png")
