"""The page in a real browser, with a real router behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.console.users import make_user
from lfr_batch.errors import EngineError
from lfr_batch.live.records import LiveCounts, Role
from tests.console.browser import Page
from tests.console.made import PARTS, Served, camera_health, now_alert, opened_router, served
from tests.console.screens import (
    PHONE,
    SMALL_TABLET,
    TABLET,
    alerts_shown,
    both_up,
    engineering,
    enter,
    raise_alerts,
    stand_still,
)

WIDE = "document.documentElement.scrollWidth"
TOO_SMALL = """
[...document.querySelectorAll('button, input')].filter(each => each.checkVisibility())
  .map(each => [each.id || each.innerText, each.getBoundingClientRect().height])
  .filter(([, height]) => height < 48)
"""


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
    engineering(page)
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
    assert page.text(".proposal").endswith("you decide.")
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


def test_nothing_that_is_wrong_can_be_overlooked(
    page: Page, console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    page.wait_for_text("#banner", "The analyst is being started anew: nobody is looked for")
    engineering(page)
    page.wait_for_text("#parts", "analyst starting anew, 1 restart")
    console.running.states = PARTS
    both_up(console)
    page.wait("document.querySelector('#banner').innerText === ''")
    console.running.states = (*PARTS[:2], replace(PARTS[2], up=False), PARTS[3])
    page.wait_for_text("#banner", "Camera north is being started anew: nobody is looked for there.")
    page.wait_for_text("#cameras", "north Not watching It is being started anew.")
    assert page.evaluate("document.querySelectorAll('.pill.live').length") == 1
    console.running.states = PARTS
    console.router.report_health(camera_health("north", analysed_fps=0.0))
    page.wait_for_text("#banner", "Camera north gives pictures that nothing looks at")
    console.router.report_health(camera_health("north"))
    page.wait("!document.querySelector('#banner').textContent.includes('Camera north')")
    monkeypatch.setattr(console.router, "counts", lambda: LiveCounts(alerts=2, unkept=2))
    page.wait_for_text("#banner", "The disk is full: 2 alerts are shown and not kept.")


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
        page.wait_for_text("#cameras", "south Not watching It has not been heard of yet.")
        page.wait_for_text("#banner", "2 cameras down: north, south")
        assert "Camera" not in page.text("#banner")
        page.tap("#banner summary")
        page.wait_for_text("#banner", "Camera south has not been heard of yet")
        since = now - timedelta(seconds=30)
        console.router.report_health(camera_health("south", state="starting", since=since))
        page.wait_for_text("#banner", "Camera south does not start")


def test_a_window_that_is_over_and_a_sink_that_fails_are_said(page: Page, tmp_path: Path) -> None:
    ended_at = datetime.now(UTC) - timedelta(minutes=1)
    (tmp_path / "file").touch()
    alerts = {"json_lines": str(tmp_path / "file" / "alerts.jsonl")}
    with served(tmp_path, alerts=alerts, ends_at=ended_at, rehearsal=True) as console:
        console.router.raise_alert(now_alert())
        enter(page, console, "auditor")
        alerts_shown(page, 1)
        assert page.text(".proposal").endswith("a reviewer decides.")
        assert "you decide" not in page.text("body")
        page.wait_for_text("#banner", "The deployment's window has ended")
        page.wait_for_text("#banner", "Alerts do not get to json_lines: 1 waiting (")
        assert page.text(".place h1") == "REHEARSAL High Street"


def test_it_fits_the_screen_and_the_finger(page: Page, console: Served, tmp_path: Path) -> None:
    both_up(console)
    raise_alerts(console, 3)
    enter(page, console, "reviewer")
    alerts_shown(page, 3)
    page.press("1")
    for size in (PHONE, SMALL_TABLET, TABLET):
        page.size(*size, mobile=size == PHONE)
        assert page.evaluate(WIDE) <= size[0]
        assert page.evaluate(TOO_SMALL) == [], size
        page.screenshot(tmp_path / f"screen-{size[0]}.png")
        page.press("?")
        page.wait("document.querySelector('#help').open")
        assert "save the decision" in page.text("#keys")
        page.press("Escape")
        page.wait("!document.querySelector('#help').open")


def test_a_router_that_began_anew_does_not_know_yet_that_cameras_run(
    page: Page, console: Served, tmp_path: Path
) -> None:
    both_up(console)
    enter(page, console, "operator")
    page.wait("document.querySelectorAll('.pill.live').length === 2")
    stand_still(page)  # it is said in the banner once it takes long
    console.router.close()
    console.running.router = opened_router(tmp_path, console.deployment, {})
    page.wait_for_text("#cameras", "north Not watching It has not been heard of yet.")
    assert page.text("#banner") == ""
    both_up(console)
    page.wait("document.querySelectorAll('.pill.live').length === 2")
    console.router.close()


def test_a_router_that_is_down_is_said_at_once_and_plainly(
    page: Page, console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_up(console)
    enter(page, console, "operator")
    page.wait("document.querySelectorAll('.pill.live').length === 2")

    def gone(*_: object) -> tuple[()]:
        raise EngineError("a part of the deployment does not answer (ActorDiedError)")

    monkeypatch.setattr(console.router, "events", gone)
    console.running.states = (replace(PARTS[0], up=False), *PARTS[1:])
    page.wait_for_text("#banner", "The router is being started anew")
    page.wait_for_text("#banner", "The alert router does not answer. New alerts are NOT shown.")
    assert "Error" not in page.text("body")


def test_many_troubles_of_a_kind_are_one_line_that_opens(page: Page, tmp_path: Path) -> None:
    names = tuple(f"camera{number}" for number in range(8))
    with served(tmp_path, cameras=names) as console:
        console.running.states = PARTS[:2]
        console.router.raise_alert(now_alert())
        for name in names:
            console.router.report_health(camera_health(name, state="stalled"))
        enter(page, console, "reviewer")
        alerts_shown(page, 1)
        page.wait_for_text("#banner", "8 cameras down: camera0, camera1, ")
        assert page.evaluate("document.querySelector('#banner').offsetHeight") < 100
        save = "document.querySelector('#save').getBoundingClientRect().bottom"
        assert page.evaluate(save) <= TABLET[1]
        page.tap("#banner summary")
        page.wait_for_text("#banner", "Camera camera7 sends no pictures since")
        page.wait_for_text("#counts", "Alerts 1")
        console.router.report_health(camera_health(names[0]))
        page.wait_for_text("#banner", "7 cameras down: camera1, ")
        assert "Camera camera7 sends no pictures since" in page.text("#banner")
        assert page.evaluate(save) <= TABLET[1]


def test_where_nobody_may_decide_it_is_said(page: Page, tmp_path: Path) -> None:
    with served(tmp_path, people={"auditor": "auditor"}) as console:
        enter(page, console, "auditor")
        page.wait_for_text("#nobody-decides", "Nobody on this console may decide")
        make_user(tmp_path, "sgt.two", "reviewer")
        page.wait("document.querySelector('#nobody-decides').hidden")


def test_figures_say_what_they_rest_on(page: Page, console: Served) -> None:
    both_up(console)
    raise_alerts(console, 4)
    enter(page, console, "operator")
    page.wait_for_text("#counts", "False per alert 0 of 4 decided")
    assert page.text(".proposal").endswith("a reviewer decides.")
    assert "you decide" not in page.text("body")
    console.client("reviewer").ask(
        "POST", "/api/alerts/a0000/reviews", {"verdict": "no_match", "reason": "Features differ"}
    )
    page.wait_for_text("#counts", "False per alert 25 % (1 in 4), 1 of 4 decided")
    assert "frames/s" not in page.text("#panels")
    engineering(page)
    assert "68 % passed over" in page.text("#camera-numbers")
    assert "dropped" not in page.text("#panels")


def test_what_was_said_covers_nothing_and_badges_are_whole(page: Page, console: Served) -> None:
    raise_alerts(console, 3)
    enter(page, console, "reviewer")
    alerts_shown(page, 3)
    page.press("a")
    page.wait_for_text(".item[aria-current=true]", "Acknowledged")
    pill = "document.querySelector('.item[aria-current=true] .pill')"
    assert page.evaluate(f"{pill}.scrollWidth <= {pill}.clientWidth")
    edge = "getBoundingClientRect().right"
    assert page.evaluate(f"{pill}.{edge} < {pill}.closest('button').{edge}")
    page.press("Enter")
    page.wait_for_text("#said", "Choose Match")
    covered = """
    [...document.querySelectorAll('h1, #clock, button, input')].filter(each => {
      const a = each.getBoundingClientRect();
      const b = document.querySelector('#said').getBoundingClientRect();
      return each.checkVisibility() && a.left < b.right && b.left < a.right
        && a.top < b.bottom && b.top < a.bottom;
    }).map(each => each.id)
    """
    assert page.evaluate(covered) == []
