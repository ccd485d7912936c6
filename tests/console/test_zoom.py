"""Further pictures, the scene and zoom, by finger and by keyboard."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.live.records import Alert, GalleryPicture
from tests.console.browser import Page
from tests.console.made import Served, camera_health, faces, now_alert
from tests.console.pages import answer_of
from tests.console.screens import PHONE, TABLET, alerts_shown, enter, later

OPEN = "document.querySelector('#zoom').open"
SMALL = """
[...document.querySelectorAll('.strip *, .also *, #zoom *, .words *')].filter(each =>
  each.checkVisibility() && [...each.childNodes].some(n => n.nodeType === 3 && n.data.trim())
  && parseFloat(getComputedStyle(each).fontSize) < 14).map(each => each.outerHTML)
"""
SETTLED = "[...document.querySelectorAll('#pair img')].every(each => each.naturalWidth > 0)"
"""Nothing moves any more under a finger."""
WHERE = "document.querySelector('#panes img').style.transform"


def whole_alert(number: int) -> Alert:
    shot, known = faces(number)
    further = tuple(GalleryPicture(f"S-0{n}", known) for n in (2, 3))
    changes: dict[str, Any] = {"further_shots_jpeg": (shot, shot), "further_gallery": further}
    return replace(now_alert(number), scene_jpeg=shot, heading="left", **changes)


@pytest.fixture
def looking(page: Page, console: Served) -> Page:
    console.router.raise_alert(whole_alert(0))
    enter(page, console, "reviewer")
    alerts_shown(page, 1)
    page.wait("document.querySelectorAll('.thumb').length === 6")
    page.wait(SETTLED)
    return page


def test_a_touch_swaps_the_large_picture_and_the_first_stays_marked(looking: Page) -> None:
    assert looking.text("#shots .thumb:first-child") == "Best shot"
    assert looking.text("#known .thumb:first-child") == "Best match"
    looking.wait_for_text("#of-image", "picture 1 of 3, best match")
    looking.tap("#shots .thumb:nth-child(2)")
    looking.wait("document.querySelector('#best-shot').src.endsWith('/a0000/shot-1.jpg')")
    looking.tap("#known .thumb:nth-child(3)")
    looking.wait("document.querySelector('#gallery').src.endsWith('/a0000/gallery-2.jpg')")
    looking.wait_for_text("#of-image", "picture 3 of 3")
    assert looking.text("#known .thumb:first-child") == "Best match"
    pressed = "[...document.querySelectorAll('.thumb[aria-pressed=true]')].map(b => b.dataset.name)"
    assert looking.evaluate(pressed) == ["shot-1", "gallery-2"]
    assert "Camera north" in looking.text("#pair")
    assert "ago" in looking.text("#of-time")


def test_another_alert_begins_with_its_own_best_pictures(looking: Page, console: Served) -> None:
    looking.tap("#shots .thumb:nth-child(2)")
    later(looking, ms=31_000)
    console.router.raise_alert(now_alert(1))
    looking.wait("document.querySelector('#best-shot').src.endsWith('/a0001/best_shot.jpg')")
    assert looking.evaluate("document.querySelectorAll('.thumb').length") == 0
    assert not looking.evaluate("document.querySelector('#open-scene').checkVisibility()")
    looking.press("s")
    assert not looking.evaluate(OPEN)


def test_the_scene_is_a_touch_away_with_camera_time_and_direction(looking: Page) -> None:
    looking.tap("#open-scene")
    looking.wait(OPEN)
    looking.wait_for_text("#zoom-title", "Camera north · S000?")
    looking.wait_for_text("#zoom-of", "ago, walks to the left. Everyone else is hidden.")
    sources = "[...document.querySelectorAll('#panes img')].map(i => i.src.split('/').pop())"
    assert looking.evaluate(sources) == ["scene.jpg"]
    looking.tap("#zoom-scene")
    looking.wait("document.querySelectorAll('#panes img').length === 2")
    assert looking.evaluate(sources) == ["best_shot.jpg", "gallery.jpg"]
    looking.press("s")
    assert looking.evaluate(sources) == ["scene.jpg"]
    looking.press("Escape")
    looking.wait(f"!{OPEN}")
    looking.wait("document.querySelectorAll('#panes img').length === 0")


def test_opened_again_at_once_it_shows_what_it_showed(looking: Page) -> None:
    looking.tap("#open-zoom")
    looking.wait(OPEN)
    assert looking.is_open_again("#zoom", "document.querySelector('#open-zoom').click()")
    assert looking.evaluate("document.querySelectorAll('#panes img').length") == 2


def test_both_pictures_are_zoomed_and_moved_together(looking: Page) -> None:
    looking.tap("#best-shot")
    looking.wait(OPEN)
    assert looking.evaluate("document.querySelector('#zoom-out').disabled")
    looking.tap("#zoom-in")
    looking.press("+", "ArrowLeft", "ArrowUp")
    looking.wait_for_text("#zoom-scale", "225 %")
    both = "[...new Set([...document.querySelectorAll('#panes img')].map(i => i.style.transform))]"
    assert looking.evaluate(both) == ["translate(15%, 15%) scale(2.25)"]
    looking.press("0")
    looking.wait_for_text("#zoom-scale", "100 %")
    looking.press("z")
    looking.wait(f"!{OPEN}")
    looking.press("z")
    looking.wait(OPEN)


def test_keys_are_the_zooms_own_wherever_a_finger_was_last(looking: Page) -> None:
    looking.press("z")
    looking.wait(OPEN)
    looking.tap(".pane")
    looking.press("1", "a", "+")
    looking.wait_for_text("#zoom-scale", "150 %")
    looking.press("Escape")
    looking.wait(f"!{OPEN}")
    assert looking.evaluate("document.querySelectorAll('.choice[aria-pressed=true]').length") == 0
    assert "Acknowledge" in looking.text("#acknowledge")


def test_keys_are_the_pages_again_at_once_when_it_closes(looking: Page) -> None:
    looking.press("z")
    looking.wait(OPEN)
    looking.evaluate(
        "[0, 1].forEach(() => document.querySelector('#zoom form button').dispatchEvent("
        "new KeyboardEvent('keydown', { key: 'z', bubbles: true, cancelable: true })))"
    )
    assert looking.evaluate(OPEN)


def dragged(page: Page, kind: str, *points: tuple[int, int]) -> None:
    touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    page.call("Input.dispatchTouchEvent", type=kind, touchPoints=touches)


def test_two_fingers_pinch_and_one_drags(looking: Page) -> None:
    looking.press("z")
    looking.wait(OPEN)
    dragged(looking, "touchStart", (300, 400))
    dragged(looking, "touchStart", (300, 400), (340, 400))
    dragged(looking, "touchMove", (280, 400), (360, 400))
    dragged(looking, "touchEnd")
    looking.wait_for_text("#zoom-scale", "200 %")
    before = looking.evaluate(WHERE)
    dragged(looking, "touchStart", (300, 400))
    dragged(looking, "touchMove", (360, 400))
    dragged(looking, "touchEnd")
    looking.wait(f"{WHERE} !== {json.dumps(before)}")


def test_what_comes_meanwhile_is_said_there_and_takes_nothing_away(
    looking: Page, console: Served
) -> None:
    looking.press("z")
    later(looking, ms=120_000)
    console.router.raise_alert(now_alert(1))
    looking.wait_for_text("#zoom-newer", "1 newer alert – show the newest")
    looking.wait("document.querySelector('#panes img').src.includes('/a0000/')")
    looking.tap("#zoom-newer")
    looking.wait(f"!{OPEN}")
    looking.wait("document.querySelector('#best-shot').src.includes('/a0001/')")


def test_what_is_wrong_is_said_before_the_zoom_too(
    looking: Page, console: Served, tmp_path: Path
) -> None:
    for name in ("north", "south"):
        console.router.report_health(camera_health(name))
    looking.wait("document.querySelector('#banner').innerText === ''")
    looking.press("z")
    looking.wait(OPEN)
    assert looking.text("#zoom-trouble") == ""
    console.router.report_health(camera_health("north", state="stalled"))
    looking.wait("document.querySelector('#zoom-trouble').innerText.includes('north')")
    looking.size(*PHONE, mobile=True)
    looking.screenshot(tmp_path / "trouble.png")
    console.router.report_health(camera_health("north"))
    looking.wait("document.querySelector('#zoom-trouble').innerText === ''")


def test_the_newest_is_a_key_away_from_the_zoom_and_said_within_it(
    looking: Page, console: Served
) -> None:
    looking.press("z", "n")
    assert looking.evaluate(OPEN), "nothing has come"
    console.router.raise_alert(now_alert(1))
    looking.wait_for_text("#zoom-newer", "1 newer alert – show the newest")
    assert looking.evaluate("document.querySelector('#zoom [role=status] #zoom-newer') !== null")
    looking.press("n")
    looking.wait(f"!{OPEN}")
    looking.wait("document.querySelector('#best-shot').src.includes('/a0001/')")


LENS = (
    ("m.moved(m.WHOLE, 0.5, 0.5)", {"scale": 1, "x": 0, "y": 0}),
    ("m.moved({ scale: 2, x: 0, y: 0 }, 0.25, -9)", {"scale": 2, "x": 0.25, "y": -0.5}),
    ("m.scaled(m.WHOLE, 2, { x: 0.5, y: 0 })", {"scale": 2, "x": -0.5, "y": 0}),
    ("m.scaled({ scale: 2, x: 0.5, y: 0.5 }, 0.1)", {"scale": 1, "x": 0, "y": 0}),
    ("m.scaled(m.WHOLE, 99)", {"scale": 8, "x": 0, "y": 0}),
    ("m.spanOf([{ x: 0, y: 0 }, { x: 6, y: 8 }])", {"px": 10, "x": 3, "y": 4}),
)


def test_the_lens(page: Page, console: Served) -> None:
    page.open(console.url)
    for call, expected in LENS:
        assert answer_of(page, "lens", call) == expected, call


def test_it_fits_and_can_be_read(looking: Page, tmp_path: Path) -> None:
    low = "[...document.querySelectorAll('#zoom button')].filter(b => b.checkVisibility())"
    for size in (PHONE, (800, 1280), TABLET):
        looking.size(*size, mobile=size == PHONE)
        fits(looking, size, tmp_path / f"pictures-{size[0]}.png")
        looking.press("z")
        looking.wait(OPEN)
        fits(looking, size, tmp_path / f"zoom-{size[0]}.png")
        assert looking.evaluate(f"{low}.every(b => b.offsetHeight >= 48)"), size
        looking.press("Escape")
        looking.wait(f"!{OPEN}")


def fits(page: Page, size: tuple[int, int], picture: Path) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate(SMALL) == [], size
    page.screenshot(picture)
