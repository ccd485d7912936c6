"""What was begun survives a reload of its tab, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from tests.console.browser import Page
from tests.console.made import Served, served
from tests.console.screens import alerts_shown, enter, raise_alerts, session_gone

KEPT = "sessionStorage.getItem('lfr.begun')"
PRESSED = "[...document.querySelectorAll('.choice[aria-pressed=true]')].map(b => b.lastChild.data)"
REASON = "document.querySelector('#reason').value"
SAVED = "What you had begun is still here, and not saved."


def begun(page: Page, console: Served) -> None:
    """About the older of two alerts: no match, two reasons, an outcome."""
    raise_alerts(console, 2)
    enter(page, console, "reviewer")
    alerts_shown(page, 2)
    page.press("ArrowDown", "2", "4", "w")
    page.call("Input.insertText", text="scar on the left cheek")
    page.press("Escape", "8")
    page.wait(KEPT)


def test_a_half_made_decision_is_there_after_a_reload_and_says_so(
    page: Page, console: Served
) -> None:
    begun(page, console)
    page.reload()
    alerts_shown(page, 2)
    page.wait_for_text("#said", SAVED)
    page.wait("document.querySelector('#best-shot').src.includes('/a0000/')")
    assert page.evaluate(PRESSED) == ["No match", "Features differ", "Engaged"]
    assert page.evaluate(REASON) == "scar on the left cheek"
    assert "Not saved" in page.text(".item[aria-current=true]")
    page.press("Enter")
    page.wait_for_text("#said", "Saved: No match.")
    [review] = console.client("auditor").get("/api/reviews")
    assert review["reason"] == "Features differ; scar on the left cheek"
    page.wait(f"{KEPT} === null")
    page.reload()
    alerts_shown(page, 2)
    page.wait("document.querySelector('#best-shot').src.includes('/a0001/')")
    assert page.text("#said") == ""


def test_nothing_is_kept_but_what_the_officer_did(page: Page, console: Served) -> None:
    begun(page, console)
    kept = json.loads(page.evaluate(KEPT))
    assert kept == {
        "user": "reviewer",
        "deployment": console.deployment.deployment_id,
        "drafts": {
            "a0000": {
                "verdict": "no_match",
                "chip": "Features differ",
                "text": "scar on the left cheek",
                "outcome": "engaged",
                "seen_id": None,
            }
        },
    }
    assert "lfr.begun" not in page.evaluate("JSON.stringify({ ...localStorage })")
    page.evaluate("document.activeElement.blur()")
    page.press("2", "4", "8")
    page.wait(f"!JSON.parse({KEPT}).drafts.a0000.chip")


def test_what_another_decides_meanwhile_is_said_after_the_reload(
    page: Page, console: Served
) -> None:
    begun(page, console)
    decision = {"verdict": "match", "reason": "Features agree"}
    console.client("colleague").ask("POST", "/api/alerts/a0000/reviews", decision)
    page.wait_for_text("#unsaved", "colleague has decided meanwhile")
    page.reload()
    page.wait_for_text("#unsaved", "colleague has decided meanwhile")
    assert page.evaluate(REASON) == "scar on the left cheek"
    page.tap("#drop")
    page.wait(f"{KEPT} === null")


def test_a_change_of_ones_own_decision_is_kept_too(page: Page, console: Served) -> None:
    raise_alerts(console, 1)
    decision = {"verdict": "match", "reason": "Features agree"}
    console.client("colleague").ask("POST", "/api/alerts/a0000/reviews", decision)
    enter(page, console, "reviewer")
    alerts_shown(page, 1)
    page.press("2", "4")
    page.wait_for_text("#unsaved", "Your change is not saved.")
    page.reload()
    page.wait_for_text("#unsaved", "Your change is not saved.")
    assert page.evaluate(PRESSED) == ["No match", "Features differ"]


def test_after_a_logout_nothing_is_left(page: Page, console: Served) -> None:
    begun(page, console)
    page.tap("#logout")
    page.wait("document.querySelector('#token')")
    assert page.evaluate(KEPT) is None
    enter(page, console, "reviewer")
    alerts_shown(page, 2)
    page.press("ArrowDown")
    assert page.evaluate(PRESSED) == []


def test_no_picture_is_asked_for_after_a_logout(page: Page, console: Served) -> None:
    begun(page, console)
    assert page.pictures_asked_for_after("document.querySelector('#logout').click()") == []


def test_who_logs_in_afterwards_gets_nothing_of_it(page: Page, console: Served) -> None:
    begun(page, console)
    kept = page.evaluate(KEPT)
    session_gone(page)
    assert page.evaluate(KEPT) == kept  # a session that ran out: its officer may come back
    enter(page, console, "colleague")
    alerts_shown(page, 2)
    page.wait(f"{KEPT} === null")
    page.press("ArrowDown")
    assert page.evaluate(PRESSED) == []


def test_whose_session_ran_out_finds_it_again(page: Page, console: Served) -> None:
    begun(page, console)
    session_gone(page)
    enter(page, console, "reviewer")
    page.wait_for_text("#said", SAVED)
    assert page.evaluate(REASON) == "scar on the left cheek"


def test_with_the_deployment_it_ends(page: Page, tmp_path: Path) -> None:
    with served(tmp_path) as console:
        begun(page, console)
    page.wait_for_text("#over", "This deployment is over.")
    assert page.evaluate(KEPT) is None


NONSENSE = (
    *("null", "7", '"x"', "[null, 1]"),
    *('{"a0000": null}', '{"a0000": {"text": 5}}', '{"a0000": 3}'),
)


def test_what_was_never_kept_like_that_keeps_nobody_from_their_work(
    page: Page, console: Served
) -> None:
    raise_alerts(console, 1)
    enter(page, console, "reviewer")
    own = {"user": "reviewer", "deployment": console.deployment.deployment_id}
    for drafts in NONSENSE:
        alerts_shown(page, 1)
        kept = json.dumps(own)[:-1] + f', "drafts": {drafts}}}'
        page.evaluate(f"sessionStorage.setItem('lfr.begun', {json.dumps(kept)})")
        page.reload()
        alerts_shown(page, 1)
        assert page.evaluate(PRESSED) == [], drafts
        page.press("1")
        page.wait("document.querySelectorAll('.choice[aria-pressed=true]').length === 1")


def test_another_deployment_begins_with_nothing(page: Page, console: Served) -> None:
    begun(page, console)
    other = page.evaluate(f"{KEPT}.replace('{console.deployment.deployment_id}', 'another')")
    page.evaluate(f"sessionStorage.setItem('lfr.begun', {json.dumps(other)})")
    page.reload()
    alerts_shown(page, 2)
    page.wait(f"{KEPT} === null")
    assert page.evaluate(PRESSED) == []
