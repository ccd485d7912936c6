"""What the page says where it does not know: that, and never that all is well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.console import feed
from lfr_batch.console.desk import Desk
from lfr_batch.errors import EngineError
from tests.console.browser import Page, new_page
from tests.console.made import Served, camera_health, now_alert, served
from tests.console.screens import TABLET, alerts_shown, both_up, enter

NOT_KNOWN = "Whether there are alerts is not known."
REASSURED = "/No alert yet|looked for/.test(document.querySelector('#nothing').textContent)"
NOT_WATCHING = "document.querySelector('#elsewhere').checkVisibility()"
STATES = "[...document.querySelectorAll('#cameras .pill')].map(each => each.innerText)"
FACES = "document.querySelectorAll('img[src], .item').length"


@pytest.fixture
def second(devtools: str) -> Iterator[Page]:
    """Another page of the same browser, with the same cookies."""
    with new_page(devtools) as made:
        made.size(*TABLET)
        yield made
        assert made.problems == []


def fails(*_: object) -> None:
    raise EngineError("a part of the deployment does not answer")


def test_alerts_that_could_not_be_loaded_are_not_said_to_be_none(
    page: Page, console: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    both_up(console)
    console.router.raise_alert(now_alert())
    with monkeypatch.context() as trouble:
        trouble.setattr(Desk, "alerts", fails)
        enter(page, console, "operator")
        page.wait_for_text("#nothing", "The alerts could not be loaded: a part of the deployment")
        assert NOT_KNOWN in page.text("#nothing")
        page.wait_for_text("#banner", "This page does NOT know of all alerts; it tries again.")
        assert page.evaluate("document.title").startswith("(?)")
        assert not page.evaluate(REASSURED)
        page.screenshot(tmp_path / "not-loaded.png")
    alerts_shown(page, 1)
    page.wait("document.querySelector('#banner').innerText === ''")
    assert page.evaluate("document.title").startswith("(1)")
    page.problems.clear()  # the browser logs every failure


def test_a_page_that_cannot_even_begin_says_so_and_goes_on_trying(
    page: Page, console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_up(console)
    console.client("operator")
    with monkeypatch.context() as trouble:
        trouble.setattr("lfr_batch.console.routes.of_deployment", fails)
        page.open(f"{console.url}/#{console.tokens['operator']}")
        page.wait_for_text("#banner", "The alerts could not be loaded")
        assert NOT_KNOWN in page.text("#nothing")
        assert not page.evaluate(REASSURED)
    page.wait_for_text("#nothing", "No alert yet. 120 people are looked for.")
    page.problems.clear()  # the browser logs every failure


def test_a_page_whose_script_does_not_come_claims_nothing(page: Page, console: Served) -> None:
    enter(page, console, "operator")
    page.call("Network.enable")
    page.call("Network.setBlockedURLs", urls=["*/console.js"])
    page.open(f"{console.url}/?")
    page.wait_for_text("#nothing", f"This page is not loaded yet. {NOT_KNOWN}")
    assert not page.evaluate(REASSURED)
    page.problems.clear()  # the browser logs what it was forbidden


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (("live", "live"), "No alert yet. 120 people are looked for."),
        (("live", "stalled"), "No alert yet. 120 people are looked for on 1 of 2 cameras."),
        (("stalled", "ended"), "No alert yet. No camera gives pictures: nobody is looked for."),
    ],
)
def test_people_are_looked_for_where_a_camera_gives_pictures(
    states: tuple[str, str], said: str, page: Page, console: Served
) -> None:
    both_up(console)
    enter(page, console, "operator")
    later = camera_health("north").at.replace(year=2100)
    for camera, state in zip(("north", "south"), states, strict=True):
        console.router.report_health(camera_health(camera, state=state, at=later))
    page.wait_for_text("#nothing", said)


def end_streams(console: Served) -> None:
    inside = console.app.state.console.feed
    for screen in tuple(inside._screens):
        inside._loop.call_soon_threadsafe(screen.end)
        inside._loop.call_soon_threadsafe(inside.leave, screen)


def test_a_stream_that_is_down_takes_the_reassurance_with_it(
    page: Page, console: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    both_up(console)
    enter(page, console, "operator")
    page.wait_for_text("#nothing", "No alert yet. 120 people are looked for.")
    with monkeypatch.context() as trouble:
        trouble.setattr(feed, "MOST_SCREENS", 0)
        end_streams(console)
        page.wait_for_text("#banner", "The console's server sends this page nothing since")
        page.wait_for_text("#nothing", "This page hears nothing from the console's server.")
        assert NOT_KNOWN in page.text("#nothing")
        assert page.evaluate("document.title").startswith("(?)")
        assert "Nothing newer is known." in page.text("#panels")
        assert page.evaluate(STATES) == ["Not known", "Not known"]
        page.screenshot(tmp_path / "stream-down.png")
    page.wait_for_text("#nothing", "No alert yet. 120 people are looked for.")
    page.wait(f"{STATES}.every(state => state === 'Watching')")
    assert "As of" not in page.text("#panels")
    page.call("Network.enable")
    cut = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.call("Network.emulateNetworkConditions", **cut)
    end_streams(console)
    page.wait_for_text("#banner", "Connection to the console's server lost at")
    page.problems.clear()  # the browser logs every try


def test_a_router_that_does_not_answer_is_no_quiet_street(
    page: Page, console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_up(console)
    enter(page, console, "operator")
    page.wait_for_text("#nothing", "No alert yet.")

    def fails_soon(*_: object) -> None:
        time.sleep(0.05)
        fails()

    monkeypatch.setattr(type(console.router), "events", fails_soon)
    page.wait_for_text("#nothing", f"The alert router does not answer. {NOT_KNOWN}")
    assert page.evaluate(STATES) == ["Not known", "Not known"]


def test_a_page_whose_place_another_took_says_so_and_does_not_fight_for_it(
    page: Page, second: Page, console: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(feed, "MOST_OF_SESSION", 1)
    both_up(console)
    console.router.raise_alert(now_alert())
    enter(page, console, "reviewer")
    alerts_shown(page, 1)
    page.press("1", "7")
    second.open(console.url)
    alerts_shown(second, 1)
    page.wait(NOT_WATCHING)
    page.wait_for_text("#banner", "New alerts are NOT shown here.")
    assert page.evaluate(FACES) == 0
    assert "S000" not in page.evaluate("document.documentElement.outerHTML")
    time.sleep(4.0)  # longer than a page waits before it comes back
    assert page.evaluate(NOT_WATCHING)
    assert second.text("#banner") == ""
    assert not second.evaluate(NOT_WATCHING)
    page.screenshot(tmp_path / "elsewhere.png")
    page.tap("#here")
    alerts_shown(page, 1)
    page.wait("document.querySelector('#banner').innerText === ''")
    assert page.evaluate("document.querySelectorAll('.choice[aria-pressed=true]').length") == 2
    second.wait(NOT_WATCHING)


def test_two_consoles_in_one_browser_are_two_sessions(
    page: Page, second: Page, console: Served, tmp_path: Path
) -> None:
    with served(tmp_path / "other") as other:
        enter(page, console, "operator")
        enter(second, other, "reviewer")
        second.tap("#logout")
        second.wait("document.querySelector('#token')")
        page.evaluate("fetch('/api/time').then(answer => { window.answered = answer.status })")
        page.wait("window.answered === 200")
        console.router.raise_alert(now_alert())
        alerts_shown(page, 1)
