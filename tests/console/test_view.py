"""Which alert the large pictures show, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.live.records import Role
from tests.console.browser import Page
from tests.console.made import Served, now_alert
from tests.console.screens import (
    PHONE,
    TABLET,
    alerts_shown,
    both_up,
    enter,
    later,
    much_later,
    raise_alerts,
)

STOPPED = "performance.now = () => 5000"
PRESSED = "[...document.querySelectorAll('.choice[aria-pressed=true]')].map(b => b.lastChild.data)"
REASON = "document.querySelector('#reason').value"
HIDDEN = "document.querySelector('#newer').hidden"
FORM_TOP = "document.querySelector('#decision').getBoundingClientRect().top"


def comes(page: Page, console: Served, *numbers: int) -> None:
    for number in numbers:
        console.router.raise_alert(now_alert(number))
    page.wait(f"document.querySelector('#alerts').innerText.includes('S{numbers[-1]:03d}')")


def shows(page: Page, number: int) -> None:
    page.wait_for_text("#of-subject", f"S{number:03d}")
    page.wait(f"document.querySelector('#best-shot').src.includes('/a{number:04d}/')")


@pytest.mark.parametrize(("role", "many"), [("operator", 13), ("auditor", 3)])
def test_who_does_nothing_sees_the_newest(
    role: Role, many: int, page: Page, console: Served
) -> None:
    console.router.raise_alert(now_alert())
    enter(page, console, role)
    shows(page, 0)
    for number in range(1, many):
        comes(page, console, number)
        shows(page, number)
    assert page.evaluate(HIDDEN)


def test_a_decision_that_is_half_made_holds_and_says_what_is_newer(
    page: Page, console: Served, tmp_path: Path
) -> None:
    console.router.raise_alert(now_alert())
    enter(page, console, "reviewer")
    half_made(page, console, "a verdict", 0)
    page.screenshot(tmp_path / "newer.png")
    for number, half in ((4, "a reason"), (8, "the field"), (12, "the keyboard")):
        page.press("n")
        shows(page, number - 1)
        comes(page, console, number)
        shows(page, number)
        later(page, ms=1_000)
        half_made(page, console, half, number)


def half_made(page: Page, console: Served, half: str, first: int) -> None:
    """The decision on that alert, which stays while three more come, and is left and found."""
    shows(page, first)
    if half == "the keyboard":
        page.evaluate("document.querySelector('#acknowledge').focus()")
        page.press("Tab")
    else:
        page.press("1" if half == "a verdict" else "w")
    if half == "a reason":
        page.call("Input.insertText", text="scar on the left cheek")
        page.press("Escape")
    later(page, ms=120_000)
    comes(page, console, first + 1)
    page.wait_for_text("#newer", "1 newer alert – show the newest")
    comes(page, console, first + 2, first + 3)
    page.wait_for_text("#newer", "3 newer alerts – show the newest")
    shows(page, first)
    page.tap("#newer")
    shows(page, first + 3)
    page.wait(HIDDEN)
    page.press("ArrowDown", "ArrowDown", "ArrowDown")
    shows(page, first)
    assert page.evaluate(PRESSED) == (["Match"] if half == "a verdict" else [])
    assert page.evaluate(REASON) == ("scar on the left cheek" if half == "a reason" else "")


def test_a_key_leads_to_the_newest_and_what_was_begun_is_marked(
    page: Page, console: Served
) -> None:
    console.router.raise_alert(now_alert())
    enter(page, console, "reviewer")
    shows(page, 0)
    page.press("2", "4")
    comes(page, console, 1, 2)
    page.wait_for_text("#newer", "2 newer alerts")
    page.press("n")
    shows(page, 2)
    page.wait_for_text("li:last-child .item", "Not saved")
    comes(page, console, 3)
    shows(page, 3)


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
def test_the_bar_moves_nothing_that_a_finger_is_on(
    size: tuple[int, int], page: Page, console: Served
) -> None:
    page.size(*size, mobile=size == PHONE)
    console.router.raise_alert(now_alert())
    enter(page, console, "reviewer")
    shows(page, 0)
    page.press("1")
    page.wait("document.querySelector('#silence').hidden")  # the first touch turns sound on
    before = page.evaluate(FORM_TOP)
    comes(page, console, 1)
    page.wait_for_text("#newer", "1 newer alert")
    assert page.evaluate(FORM_TOP) == before


def test_what_was_opened_on_purpose_holds_for_a_while(page: Page, console: Served) -> None:
    raise_alerts(console, 3)
    enter(page, console, "reviewer")
    shows(page, 2)
    page.tap("li:last-child .item")
    shows(page, 0)
    comes(page, console, 3)
    page.wait_for_text("#newer", "3 newer alerts")
    shows(page, 0)
    later(page, ms=20_000)
    comes(page, console, 4)
    page.wait_for_text("#newer", "4 newer alerts")
    page.tap("#best-shot")
    page.wait("document.querySelector('#zoom').open")
    page.press("Escape")
    page.wait("!document.querySelector('#panes img')")
    later(page, ms=20_000)
    comes(page, console, 5)
    page.wait_for_text("#newer", "5 newer alerts")
    later(page, ms=12_000)
    shows(page, 5)
    assert page.evaluate(HIDDEN)


def test_what_is_acknowledged_lets_go(page: Page, console: Served) -> None:
    raise_alerts(console, 2)
    enter(page, console, "operator")
    shows(page, 1)
    page.press("ArrowDown")
    shows(page, 0)
    page.tap("#acknowledge")
    page.wait_for_text("li:last-child .item", "Acknowledged")
    shows(page, 1)
    later(page, ms=1_000)
    page.press("a")
    page.wait("!document.querySelector('#alerts').innerText.includes('New')")
    comes(page, console, 2)
    shows(page, 2)


@pytest.mark.parametrize(
    ("role", "done", "number", "newer"),
    [
        ("operator", "acknowledge", 0, "3 newer alerts"),
        ("reviewer", "acknowledge", 0, "3 newer alerts"),
        ("reviewer", "reviews", 2, "1 newer alert "),
    ],
)
def test_what_is_done_with_can_be_opened_while_others_wait(
    role: Role, done: str, number: int, newer: str, page: Page, console: Served
) -> None:
    both_up(console)  # a banner that comes would move what is tapped
    raise_alerts(console, 3)
    decision = {"verdict": "no_match", "reason": "Features differ"} if done == "reviews" else None
    console.client("reviewer").ask("POST", f"/api/alerts/a000{number}/{done}", decision)
    enter(page, console, role)
    shows(page, 1 if number == 2 else 2)
    much_later(page, ms=31_000)
    page.tap("li:first-child .item" if number == 2 else "li:last-child .item")
    shows(page, number)
    comes(page, console, 3)
    page.wait_for_text("#newer", newer)
    shows(page, number)
    later(page, ms=31_000)
    shows(page, 3)


def test_what_somebody_else_acknowledges_lets_go(page: Page, console: Served) -> None:
    raise_alerts(console, 2)
    enter(page, console, "operator")
    page.press("ArrowDown")
    shows(page, 0)
    console.client("reviewer").ask("POST", "/api/alerts/a0000/acknowledge")
    shows(page, 1)


def test_after_a_decision_the_next_undecided_one_comes_in_time(page: Page, console: Served) -> None:
    raise_alerts(console, 2)
    enter(page, console, "reviewer")
    shows(page, 1)
    page.press("1", "7", "Enter")
    page.wait_for_text("#decided", "Match reviewer")
    shows(page, 1)
    much_later(page, ms=31_000)
    shows(page, 0)


def test_a_touch_meant_for_the_alert_before_does_nothing(page: Page, console: Served) -> None:
    console.router.raise_alert(now_alert())
    enter(page, console, "reviewer")
    shows(page, 0)
    page.evaluate(STOPPED)
    comes(page, console, 1)
    shows(page, 1)
    page.press("a", "1")
    page.tap("#acknowledge")
    page.wait_for_text("#said", "A newer alert has just come: look first.")
    assert page.evaluate(PRESSED) == []
    assert console.client("operator").get("/api/alerts")[0]["acknowledged"] is None
    page.evaluate("performance.now = () => 5800")
    page.press("1")
    assert page.evaluate(PRESSED) == ["Match"]
    page.press("a")
    page.wait_for_text("#acknowledge", "Seen by reviewer")
    alerts_shown(page, 2)
