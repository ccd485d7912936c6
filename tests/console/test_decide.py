"""A decision is made deliberately: in a real browser, with a colleague who decides meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from lfr_batch.errors import StoreFull
from tests.console.browser import Page
from tests.console.made import Served, now_alert
from tests.console.screens import alerts_shown, enter

NO_MATCH = {"verdict": "no_match", "reason": "Features differ", "outcome": "no_action"}
ANSWERED = "!document.querySelector('#reason').readOnly"
CAN_SAVE = "!document.querySelector('#save').disabled"
PRESSED = "[...document.querySelectorAll('.choice[aria-pressed=true]')].map(b => b.lastChild.data)"


@pytest.fixture
def deciding(page: Page, console: Served) -> Page:
    """A reviewer's page with one alert."""
    console.router.raise_alert(now_alert())
    enter(page, console, "reviewer")
    alerts_shown(page, 1)
    return page


def colleague_decides(console: Served, alert_id: str = "a0000", **changes: Any) -> None:
    reviews = [review for review in console.router.reviews() if review.alert_id == alert_id]
    seen = {"seen_review_id": reviews[-1].review_id} if reviews else {}
    answer = console.client("colleague").ask(
        "POST", f"/api/alerts/{alert_id}/reviews", {**NO_MATCH, **changes, **seen}
    )
    assert answer.status == 201, answer.data


def verdicts(console: Served) -> list[tuple[str, str]]:
    return [(review.reviewer, review.verdict) for review in console.router.reviews()]


def test_what_another_decides_changes_nothing_in_mine(deciding: Page, console: Served) -> None:
    page = deciding
    page.press("1", "7", "8")
    page.tap("#reason")
    page.call("Input.insertText", text="seen before")
    colleague_decides(console)
    page.wait_for_text("#decided", "No match colleague, ")
    page.wait_for_text("#unsaved", "colleague has decided meanwhile. What you chose is kept")
    assert page.evaluate(PRESSED) == ["Match", "Known to me", "Engaged"]
    assert page.evaluate("document.querySelector('#reason').value") == "seen before"

    page.tap("#save")
    page.wait_for_text("#anyway", "colleague decided No match at ")
    assert "; save yours anyway?" in page.text("#anyway")
    assert "Match: Known to me; seen before" in page.text("#anyway-yours")
    page.press("Enter")
    page.wait("!document.querySelector('#anyway').open")
    assert verdicts(console) == [("colleague", "no_match")]

    page.tap("#save")
    page.wait("document.querySelector('#anyway').open")
    page.tap("#anyway-save")
    page.wait_for_text("#decided", "Match reviewer, ")
    assert verdicts(console) == [("colleague", "no_match"), ("reviewer", "match")]
    assert page.evaluate("document.querySelector('#unsaved').hidden")


def test_mine_can_be_dropped_for_theirs(deciding: Page, console: Served) -> None:
    page = deciding
    page.press("1", "7")
    colleague_decides(console)
    page.wait_for_text("#unsaved", "colleague has decided meanwhile")
    page.tap("#drop")
    assert page.evaluate(PRESSED) == ["No match", "Features differ", "No action"]
    assert not page.evaluate(CAN_SAVE)
    assert verdicts(console) == [("colleague", "no_match")]


def test_who_has_begun_nothing_sees_what_is_decided(deciding: Page, console: Served) -> None:
    colleague_decides(console)
    deciding.wait(f"{PRESSED}.includes('No match')")
    assert deciding.evaluate("document.querySelector('#unsaved').hidden")


def test_a_decision_that_the_page_did_not_hear_of_is_asked_about(
    deciding: Page, console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = deciding
    monkeypatch.setattr(console.router, "events", lambda *_: ())
    page.press("1", "7")
    colleague_decides(console)
    page.press("Enter")
    page.wait_for_text("#anyway", "colleague decided No match at ")
    colleague_decides(console, verdict="cannot_tell", reason="Face hidden")
    page.tap("#anyway-save")
    page.wait_for_text("#anyway", "colleague decided Cannot tell at ")
    page.tap("#anyway-save")
    page.wait_for_text("#said", "Saved: Match.")
    assert [verdict for _, verdict in verdicts(console)] == ["no_match", "cannot_tell", "match"]
    page.problems.clear()  # the browser logs the refusals


def test_a_new_alert_does_not_take_away_what_was_begun(deciding: Page, console: Served) -> None:
    page = deciding
    page.press("1")
    colleague_decides(console)
    page.wait_for_text("#decided", "colleague")
    console.router.raise_alert(now_alert(1))
    alerts_shown(page, 2)
    assert page.text("#of-subject") == "Watchlist: S000"
    assert page.evaluate(PRESSED) == ["Match"]


def test_a_new_verdict_has_no_reason_and_no_outcome_yet(deciding: Page, console: Served) -> None:
    page = deciding
    assert not page.evaluate(CAN_SAVE)
    page.press("1")
    assert not page.evaluate(CAN_SAVE)
    page.press("5", "9", "Enter")
    page.wait_for_text("#decided", "Match reviewer, ")
    page.wait(ANSWERED)
    page.press("2")
    assert page.evaluate(PRESSED) == ["No match"]
    assert page.evaluate("document.querySelector('#reason').value") == ""
    assert not page.evaluate(CAN_SAVE)
    page.press("Enter")
    page.wait_for_text("#said", "Give a reason")
    page.press("4")
    assert page.evaluate(CAN_SAVE)
    page.press("Enter")
    page.wait_for_text("#decided", "No match reviewer, ")
    last = console.router.reviews()[-1]
    assert (last.verdict, last.reason, last.outcome) == ("no_match", "Features differ", None)


def test_words_that_were_written_first_are_the_reason(deciding: Page, console: Served) -> None:
    page = deciding
    page.press("w")
    page.call("Input.insertText", text="scar on the left cheek")
    page.press("Escape", "1", "Enter")
    page.wait_for_text("#decided", "scar on the left cheek")
    assert page.evaluate(PRESSED) == ["Match"]


def test_one_decision_is_saved_once(deciding: Page, console: Served) -> None:
    page = deciding
    page.press("1", "7", "Enter", "Enter", "Enter")
    page.wait_for_text("#decided", "Match reviewer, ")
    page.wait(ANSWERED)
    assert not page.evaluate(CAN_SAVE)
    page.press("Enter")
    page.wait_for_text("#said", "This is saved already.")
    assert verdicts(console) == [("reviewer", "match")]
    page.press("8", "Enter")
    page.wait_for_text("#decided", "Engaged")
    assert [review.outcome for review in console.router.reviews()] == [None, "engaged"]


def test_what_could_not_be_saved_is_no_longer_said_when_it_works_again(
    deciding: Page, console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = deciding

    def full(*_: object) -> None:
        raise StoreFull("the disk is full")

    with monkeypatch.context() as trouble:
        trouble.setattr(console.router, "review", full)
        page.press("1", "7", "Enter")
        page.wait_for_text("#said", "Not done: the disk is full.")
        assert page.evaluate(PRESSED) == ["Match", "Known to me"]
        assert page.evaluate(CAN_SAVE)
    page.problems.clear()  # the browser logs the answer
    console.router.raise_alert(now_alert(1))
    alerts_shown(page, 2)
    page.wait("document.querySelector('#said').innerText === ''")
    page.press("Enter")
    page.wait_for_text("li:last-child .pill", "Match")
