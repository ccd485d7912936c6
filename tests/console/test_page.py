"""The page in a real browser, with a real router behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.config.live import ConsoleConfig
from lfr_batch.live.records import Role
from tests.console.browser import Page, new_page
from tests.console.made import PARTS, Served, camera_health, now_alert, served
from tests.live.receiver import eventually

TABLET, SMALL_TABLET, PHONE = (1280, 800), (1024, 768), (390, 844)
WIDE = "document.documentElement.scrollWidth"
TOO_SMALL = """
[...document.querySelectorAll('button, input')].filter(each => each.checkVisibility())
  .map(each => [each.id || each.innerText, each.getBoundingClientRect().height])
  .filter(([, height]) => height < 48)
"""


@pytest.fixture
def page(devtools: str) -> Iterator[Page]:
    with new_page(devtools) as made:
        made.size(*TABLET)
        yield made
        assert made.problems == []


def enter(page: Page, console: Served, role: Role) -> None:
    """By the link that `lfr live` prints."""
    page.open(f"{console.url}/#{console.tokens[role]}")
    page.wait("document.body?.dataset.role && document.querySelector('#cameras')?.innerText")
    page.wait("document.querySelector('#window').innerText")


def alerts_shown(page: Page, number: int) -> None:
    page.wait(f"document.querySelectorAll('.item').length === {number}")


def both_up(console: Served) -> None:
    for camera in ("north", "south"):
        console.router.report_health(camera_health(camera))


def test_an_officer_logs_in_and_decides_with_the_keyboard(
    page: Page, console: Served, tmp_path: Path
) -> None:
    both_up(console)
    page.open(console.url)
    page.wait("document.querySelector('#enter')?.disabled === false")
    assert page.evaluate("document.activeElement.id") == "token"
    page.call("Input.insertText", text="a wrong token")
    page.press("Enter")
    page.wait_for_text("#said", "this token is not known")
    page.problems.clear()  # the browser logs the refusal
    page.call("Input.insertText", text=console.tokens["reviewer"])
    page.press("Enter")
    page.wait_for_text("#nothing", "No alert yet. 120 people are looked for.")
    page.evaluate("window.sameDocument = true")

    console.router.raise_alert(now_alert())
    page.wait_for_text("#alert", "Watchlist: S000")
    assert page.evaluate("window.sameDocument")
    assert "Possible match with S000 at camera north" in page.text("#announcer")
    page.wait("[...document.querySelectorAll('.pair img')].every(each => each.naturalWidth > 99)")
    page.wait_for_text("#latency", "Alerts measured 1")
    assert page.text("#score") == "Score 0.610"
    assert "0.200 ahead of S117 0.410" in page.text("#margin")

    page.press("a")
    page.wait_for_text("#acknowledge", "Seen by reviewer")
    page.press("Enter")
    page.wait_for_text("#said", "Choose Match, No match or Cannot tell first.")
    page.press("2", "Enter")
    page.wait_for_text("#said", "Give a reason")
    assert console.router.reviews() == ()
    page.press("4", "0", "Enter")
    page.wait_for_text("#counts", "False 1 Unconfirmed 0")
    page.wait_for_text("#decided", "No match reviewer, ")
    (review,) = console.router.reviews()
    assert (review.verdict, review.reason, review.outcome) == (
        "no_match",
        "Features differ",
        "no_action",
    )
    page.screenshot(tmp_path / "tablet.png")
    assert (tmp_path / "tablet.png").stat().st_size > 100_000


def test_fingers_suffice_and_an_outcome_can_follow(page: Page, console: Served) -> None:
    console.router.raise_alert(now_alert())
    enter(page, console, "reviewer")
    assert page.evaluate("location.href") == f"{console.url}/"
    alerts_shown(page, 1)
    page.tap('[data-verdict="match"]')
    page.tap("#reason")
    page.call("Input.insertText", text="driving licence <b>seen</b> 1 2 a")
    page.tap("#save")
    page.wait_for_text("#said", "Saved: Match.")
    page.wait_for_text("#decided", "driving licence <b>seen</b> 1 2 a")
    page.tap('[data-outcome="arrested"]')
    page.tap("#save")
    page.wait_for_text("#counts", "Arrested 1")
    assert [review.outcome for review in console.router.reviews()] == [None, "arrested"]
    assert page.text("#open-count") == ""


def test_what_an_officer_is_at_work_on_stays(page: Page, console: Served) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    console.router.raise_alert(now_alert(1))
    enter(page, console, "reviewer")
    alerts_shown(page, 1)
    page.press("3", "5")
    console.router.raise_alert(now_alert(2, subject_id=hostile))
    alerts_shown(page, 2)
    assert page.text("#of-subject") == "Watchlist: S001"
    assert page.text("#open-count") == "2 to decide"
    page.press("k")
    assert page.text("#of-subject") == f"Watchlist: {hostile}"
    page.press("ArrowDown")
    assert page.text("#of-subject") == "Watchlist: S001"
    pressed = "[...document.querySelectorAll('.choice[aria-pressed=true]')].map(b => b.innerText)"
    assert len(page.evaluate(pressed)) == 2
    console.client("reviewer").ask(
        "POST", "/api/alerts/a0001/reviews", {"verdict": "match", "reason": "Known to me"}
    )
    page.wait_for_text("#decided", "· Known to me")


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_a_role_is_offered_what_it_may_do(role: Role, page: Page, console: Served) -> None:
    console.router.raise_alert(now_alert())
    console.client("reviewer").ask(
        "POST", "/api/alerts/a0000/reviews", {"verdict": "match", "reason": "Known to me"}
    )
    enter(page, console, role)
    alerts_shown(page, 1)
    seen = "[...document.querySelectorAll('#decision button')].filter(b => b.checkVisibility())"
    offered = page.evaluate(f"{seen}.map(button => button.id)")
    assert offered == (["acknowledge"] if role == "operator" else [])
    page.press("1", "4", "Enter")
    assert page.text("#said") == ""
    if role == "auditor":
        page.tap("#show-decisions")
        page.wait_for_text("#all-reviews", "reviewer (reviewer) S000 Match Known to me")
    assert len(console.router.reviews()) == 1


def test_nothing_that_is_wrong_can_be_overlooked(page: Page, console: Served) -> None:
    both_up(console)
    enter(page, console, "operator")
    page.wait("document.querySelectorAll('.pill.live').length === 2")
    assert page.text("#banner") == ""
    both_up(console)
    since = datetime.now(UTC)
    stalled = camera_health("south", state="stalled", detail="no frame for 3 s", since=since)
    console.router.report_health(stalled)
    page.wait_for_text("#banner", "Camera south sends no pictures since")
    assert "(no frame for 3 s): nobody is looked for there." in page.text("#banner")
    analyst = replace(PARTS[1], up=False, restarts=1)
    console.running.states = (PARTS[0], analyst, *PARTS[2:])
    page.wait_for_text("#banner", "The analyst is being started anew")
    page.wait_for_text("#parts", "analyst starting anew, 1 restart")
    console.running.states = PARTS
    both_up(console)
    page.wait("document.querySelector('#banner').innerText === ''")


def test_a_camera_that_says_nothing_and_a_window_that_ends_are_said(
    page: Page, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    with served(tmp_path, ends_at=now + timedelta(minutes=5)) as console:
        old = now - timedelta(seconds=90)
        console.router.report_health(camera_health("north", at=old))
        enter(page, console, "operator")
        page.wait_for_text("#banner", "The deployment ends in 5 min")
        page.wait_for_text("#banner", "Camera north has not been heard of since")
        page.wait_for_text("#banner", "Camera south does not start")


def test_a_console_that_is_gone_is_said_and_its_return_asks_for_the_token(
    page: Page, tmp_path: Path
) -> None:
    with served(tmp_path) as console:
        enter(page, console, "operator")
        port = int(console.url.rpartition(":")[2])
    page.wait_for_text("#banner", "Connection to the console's server lost at")
    assert "New alerts are NOT shown" in page.text("#banner")
    with served(tmp_path, ConsoleConfig(port=port)):
        page.wait("document.querySelector('#token')")
    page.problems.clear()  # the browser logs every try


def test_a_window_that_is_over_and_a_sink_that_fails_are_said(page: Page, tmp_path: Path) -> None:
    ended_at = datetime.now(UTC) - timedelta(minutes=1)
    (tmp_path / "file").touch()
    alerts = {"json_lines": str(tmp_path / "file" / "alerts.jsonl")}
    with served(tmp_path, alerts=alerts, ends_at=ended_at, rehearsal=True) as console:
        console.router.raise_alert(now_alert())
        enter(page, console, "auditor")
        page.wait_for_text("#banner", "The deployment's window has ended")
        page.wait_for_text("#banner", "Alerts do not get to json_lines: 1 waiting (")
        assert page.text(".place h1") == "Rehearsal High Street"


@pytest.mark.parametrize("size", [TABLET, SMALL_TABLET, PHONE], ids=["tablet", "small", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_the_screen_and_the_finger(
    size: tuple[int, int], dark: bool, page: Page, console: Served, tmp_path: Path
) -> None:
    both_up(console)
    for number in range(3):
        console.router.raise_alert(now_alert(number))
    page.size(*size, mobile=size == PHONE, dark=dark)
    enter(page, console, "reviewer")
    alerts_shown(page, 3)
    page.press("1")
    assert page.evaluate(WIDE) <= size[0]
    assert page.evaluate(TOO_SMALL) == []
    page.screenshot(tmp_path / "screen.png")
    page.press("?")
    page.wait("document.querySelector('#help').open")
    assert "save the decision" in page.text("#keys")
    page.press("Escape")
    page.wait("!document.querySelector('#help').open")


def test_sound_is_off_until_it_is_wanted(page: Page, console: Served) -> None:
    enter(page, console, "operator")
    assert page.text("#sound") == "Sound off"
    page.tap("#sound")
    assert page.text("#sound") == "Sound on"
    console.router.raise_alert(now_alert())
    alerts_shown(page, 1)
    assert eventually(lambda: "(1) High Street" in page.evaluate("document.title"))
    assert json.loads(page.evaluate("JSON.stringify(navigator.userActivation.hasBeenActive)"))
