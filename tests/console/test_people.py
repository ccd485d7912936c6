"""One person's alerts are one entry: where last, before that, and how often."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.console.browser import Page
from tests.console.made import Served, now_alert
from tests.console.pages import answer_of
from tests.console.screens import PHONE, TABLET, alerts_shown, both_up, enter, later

CLOCK = "{ time: (moment) => moment.slice(11, 19) }"
ENTRY = "document.querySelector('li:first-child .item')"


def told(
    camera: str, minute: int, heading: str | None = None, subject: str = "S1"
) -> dict[str, Any]:
    at = f"2026-01-31T10:{minute:02d}:30Z"
    return {
        "alert_id": f"{subject}{minute}",
        "subject_id": subject,
        "camera": camera,
        "captured_at": at,
        "raised_at": at,
        "heading": heading,
        "review": None,
    }


WORDS: tuple[tuple[list[dict[str, Any]], str], ...] = (
    ([told("north", 5)], ""),
    ([told("north", 5, "away")], "walks away from the camera"),
    (
        [told("north", 5, "left"), told("south", 2)],
        "seen 2 times: last at north 10:05, walks to the left; before that south 10:02",
    ),
    ([told("north", 5), told("north", 4)], "seen 2 times: last at north 10:05"),
    (
        [told("north", 9, "towards"), told("north", 8), told("south", 7), told("south", 6)],
        "seen 4 times: last at north 10:09, comes towards the camera; before that south 10:07",
    ),
    (
        [told("a", 9), told("b", 8), told("a", 7), told("c", 6), told("b", 5)],
        "seen 5 times: last at a 10:09; before that b 10:08, a 10:07, 2 more",
    ),
)


def test_where_and_how_often(page: Page, console: Served) -> None:
    page.open(console.url)
    for alerts, words in WORDS:
        call = f"m.seenWords({json.dumps(alerts)}, {CLOCK})"
        assert answer_of(page, "people", call) == words


def test_people_come_by_when_they_were_seen_last(page: Page, console: Served) -> None:
    order = [
        told("north", 9, subject="S2"),
        told("north", 8),
        told("north", 7, subject="S2"),
        told("south", 6),
    ]
    order[1]["review"] = {"verdict": "match"}
    page.open(console.url)
    call = f"m.peopleOf({json.dumps(order)})"
    ids = f"{call}.map(own => own.map(a => a.alert_id))"
    assert answer_of(page, "people", ids) == [["S29", "S27"], ["S18", "S16"]]
    first = f"{call}.map(own => m.firstOf(own).alert_id)"
    assert answer_of(page, "people", first) == ["S29", "S16"]


def seen_thrice(console: Served) -> None:
    """S117: a0001 south, a0002 north; a0003 of somebody else; a0004 north."""
    both_up(console)  # a banner that comes would move what is tapped
    now = datetime.now(UTC)
    for number, camera in ((1, "south"), (2, "north"), (3, "south"), (4, "north")):
        at = now - timedelta(minutes=10 - number)
        alert = now_alert(number, camera=camera, captured_at=at, heading="left")
        subject = "S003" if number == 3 else "S117"
        console.router.raise_alert(replace(alert, subject_id=subject))


def test_a_person_is_one_entry_and_the_others_are_a_touch_apart(
    page: Page, console: Served, tmp_path: Path
) -> None:
    seen_thrice(console)
    enter(page, console, "reviewer")
    alerts_shown(page, 2)
    page.wait_for_text("#open-count", "4 to decide")
    page.wait_for_text("li:first-child .item", "seen 3 times: last at north")
    assert "before that south" in page.text("li:first-child .item")
    assert "3 to decide" in page.text("li:first-child .pill")
    assert page.evaluate(f"{ENTRY}.querySelector('img').src.includes('/a0004/')")
    page.wait("document.querySelectorAll('#also-seen button').length === 2")
    assert "walks to the left · to decide" in page.text("#also-seen button")
    page.screenshot(tmp_path / "grouped.png")
    page.evaluate("document.querySelector('#also-seen button:last-child').scrollIntoView()")
    page.tap("#also-seen button:last-child")
    page.wait("document.querySelector('#best-shot').src.includes('/a0001/')")
    assert page.evaluate(f"{ENTRY}.getAttribute('aria-current')") == "true"
    page.press("ArrowUp")  # alert by alert, in the order of time
    page.wait("document.querySelector('#best-shot').src.includes('/a0002/')")


def test_a_touch_opens_the_newest_that_is_undecided(page: Page, console: Served) -> None:
    seen_thrice(console)
    decision = {"verdict": "no_match", "reason": "Features differ"}
    console.client("colleague").ask("POST", "/api/alerts/a0004/reviews", decision)
    enter(page, console, "reviewer")
    alerts_shown(page, 2)
    page.wait("document.querySelector('#best-shot').src.includes('/a0003/')")
    page.tap("li:first-child .item")
    page.wait("document.querySelector('#best-shot').src.includes('/a0002/')")
    assert "No match" in page.text("#also-seen")
    assert "2 to decide" in page.text("li:first-child .pill")


def test_a_newer_alert_of_the_same_person_takes_the_view_unless_a_decision_is_half_made(
    page: Page, console: Served
) -> None:
    seen_thrice(console)
    enter(page, console, "reviewer")
    page.wait("document.querySelector('#best-shot').src.includes('/a0004/')")
    page.press("1")
    later(page, ms=120_000)
    console.router.raise_alert(replace(now_alert(5), subject_id="S117"))
    page.wait_for_text("#newer", "1 newer alert")
    page.wait_for_text("li:first-child .item", "seen 4 times")
    assert "Not saved" in page.text("li:first-child .pill")
    page.wait("document.querySelector('#best-shot').src.includes('/a0004/')")
    page.tap("#newer")
    page.wait("document.querySelector('#best-shot').src.includes('/a0005/')")


@pytest.mark.parametrize("size", [TABLET, (800, 1280), PHONE], ids=["tablet", "portrait", "phone"])
def test_the_entry_fits(size: tuple[int, int], page: Page, console: Served, tmp_path: Path) -> None:
    seen_thrice(console)
    page.size(*size, mobile=size == PHONE)
    enter(page, console, "reviewer")
    alerts_shown(page, 2)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.screenshot(tmp_path / "grouped.png")
