"""A volunteer's alert keeps nobody from their work, and a pass is one touch: in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.browser import Page
from tests.console.made import Served, now_alert, served
from tests.console.screens import PHONE, TABLET, alerts_shown, enter, later
from tests.console.test_sound import EARS, HEARD
from tests.live.seeded import kept_passes, seed

RINGS = "rings.length"
FORM = "document.querySelector('#decision').offsetParent !== null"
OPEN = "document.querySelector('#passes').open"
LOADED = (
    "document.querySelector('#mute').offsetWidth && document.querySelector('#cameras').innerText"
)
VOLUNTEER, WANTED = 0, 7


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[Served]:
    seed(tmp_path)
    with served(tmp_path) as made:
        yield made


def comes(page: Page, console: Served, person: int, number: int) -> None:
    alert = now_alert(person, alert_id=f"b{number:04d}", camera=f"camera{number}")
    console.router.raise_alert(alert)
    page.wait(f"document.querySelector('#alerts').innerText.includes('camera{number}')")


def opens(page: Page, words: str) -> None:
    found = f"each.innerText.includes({json.dumps(words)})"
    page.evaluate(f"[...document.querySelectorAll('.item')].find(each => {found}).click()")


def chooses(page: Page, volunteer: str, camera: str) -> None:
    page.wait(f"document.querySelector('#passing')?.options.length === 4 && {OPEN}")
    page.evaluate(
        "(select => { select.value = " + json.dumps(volunteer) + ";"
        " select.dispatchEvent(new Event('change', {bubbles: true})); })"
        "(document.querySelector('#passing'))"
    )
    page.tap(f"#passed-cameras button[value={camera}]")
    page.wait("!document.querySelector('#passes-now').disabled")


def test_it_is_marked_makes_no_sound_and_takes_no_view(
    page: Page, seeded: Served, tmp_path: Path
) -> None:
    page.before(EARS)
    enter(page, seeded, "reviewer")
    page.wait(LOADED)
    page.tap("h1")
    page.wait(HEARD)
    comes(page, seeded, WANTED, 0)
    page.wait(f"{RINGS} > 0")
    page.wait_for_text("#of-camera", "camera0")
    page.press("a")
    page.wait_for_text("#acknowledged", "Seen by reviewer")
    rings = page.evaluate(RINGS)
    comes(page, seeded, VOLUNTEER, 1)
    comes(page, seeded, WANTED + 1, 2)
    page.wait(f"{RINGS} > {rings}")
    page.wait_for_text("#of-camera", "camera2")
    later(page, 1000)
    page.press("a")
    page.wait_for_text("#acknowledged", "Seen by reviewer")
    rings = page.evaluate(RINGS)
    comes(page, seeded, VOLUNTEER + 1, 3)
    page.evaluate("window.announced = document.querySelector('#announcer').innerText")
    assert "S001" not in page.evaluate("announced")
    assert page.text("#of-camera") == "Camera camera2", "it takes the view from nobody"
    assert page.text("#open-count") == "2 to decide"
    assert page.evaluate("document.title.startsWith('(2)')")
    assert page.evaluate("document.querySelector('#newer').hidden")
    assert page.evaluate(RINGS) == rings
    alerts_shown(page, 4)
    assert page.text("#alerts").count("Volunteer – not an alert") == 2
    assert page.evaluate("document.querySelectorAll('.item.fresh').length") == 0
    page.screenshot(tmp_path / "marked.png")


def test_opened_it_shows_both_pictures_and_no_form(
    page: Page, seeded: Served, tmp_path: Path
) -> None:
    comes_first = now_alert(VOLUNTEER, alert_id="b0001", camera="camera1")
    seeded.router.raise_alert(comes_first)
    enter(page, seeded, "reviewer")
    page.wait_for_text("#volunteer", "Volunteer – not an alert")
    for picture in ("best-shot", "gallery"):
        page.wait(f"document.querySelector('#{picture}').naturalWidth > 0")
    assert not page.evaluate(FORM)
    assert page.evaluate("document.querySelector('#proposal').offsetParent === null")
    page.press("1", "4", "Enter", "a", "w")
    assert page.text("#said") == ""
    comes(page, seeded, WANTED, 2)
    page.wait_for_text("#of-camera", "camera2")
    page.wait(FORM)
    assert page.text("#volunteer") == ""
    opens(page, "S000")
    page.wait_for_text("#volunteer", "Volunteer – not an alert")
    page.size(*PHONE, mobile=True, dark=True)
    page.screenshot(tmp_path / "phone.png")
    assert seeded.router.reviews() == ()
    fits = "document.querySelector('.pill.volunteer').getBoundingClientRect()"
    inside = "document.querySelector('.pill.volunteer').closest('.item').getBoundingClientRect()"
    for size in (TABLET, PHONE):
        page.size(*size)
        assert page.evaluate(f"{fits}.right <= {inside}.right && {fits}.bottom <= {inside}.bottom")


def test_a_pass_is_one_touch_and_can_be_taken_back(
    page: Page, seeded: Served, tmp_path: Path
) -> None:
    enter(page, seeded, "operator")
    page.tap("#show-passes")
    chooses(page, "S001", "south")
    page.screenshot(tmp_path / "dialog.png")
    page.tap("#passes-now")
    page.wait_for_text("#passes-said", "S001 passes south at")
    page.wait_for_text("#passes-entered", "1 pass entered")
    (made,) = kept_passes(tmp_path).all()
    assert (made.subject_id, made.camera, made.entered_by) == ("S001", "south", "operator")
    page.wait("!document.querySelector('#passes-now').disabled")
    page.tap("#passes-now")
    page.wait_for_text("#passes-said", "Not entered: S001 passed south")
    assert page.problems.pop().startswith("Failed to load resource")
    page.tap("#last-passes button")
    page.wait_for_text("#passes-said", "Taken back: S001 did not pass.")
    page.wait_for_text("#passes-entered", "0 passes entered")
    assert [each.taken_back for each in kept_passes(tmp_path).all()] == [True]


def test_with_the_deployment_their_names_leave_the_page(page: Page, tmp_path: Path) -> None:
    seed(tmp_path)
    with served(tmp_path) as console:
        enter(page, console, "operator")
        page.tap("#show-passes")
        chooses(page, "S001", "south")
        page.tap("#passes-now")
        page.wait_for_text("#passes-said", "S001 passes south at")
        page.wait_for_text("#passes-entered", "1 pass entered")
    page.wait_for_text("#over", "This deployment is over.")
    assert "S00" not in page.evaluate("document.documentElement.outerHTML")


def test_an_alert_comes_before_the_dialog_and_a_volunteers_does_not(
    page: Page, seeded: Served
) -> None:
    enter(page, seeded, "operator")
    page.tap("#show-passes")
    chooses(page, "S001", "south")
    comes(page, seeded, VOLUNTEER, 1)
    assert page.evaluate(OPEN)
    comes(page, seeded, WANTED, 2)
    page.wait(f"!{OPEN}")
    page.wait_for_text("#of-camera", "camera2")
