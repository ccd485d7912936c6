"""How it ends on the page: said, for good, and with no face left."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lfr_batch.config.live import ConsoleConfig
from lfr_batch.console import feed
from lfr_batch.console.access import Console
from lfr_batch.console.feed import Screen
from tests.console.browser import Page
from tests.console.made import Served, camera_health, now_alert, served
from tests.console.screens import (
    alerts_shown,
    both_up,
    enter,
    much_later,
    raise_alerts,
    session_gone,
)

LEFT = """
[...document.querySelectorAll('img[src], .item, button')].filter(each => each.checkVisibility())
"""


def nothing_left(page: Page) -> None:
    page.wait_for_text("#over", "This deployment is over.")
    assert page.evaluate(f"({LEFT}).length") == 0
    assert page.evaluate("document.querySelectorAll('button:enabled').length") == 0
    assert "S000" not in page.evaluate("document.documentElement.outerHTML")


def watched(page: Page, console: Served) -> None:
    console.router.raise_alert(now_alert())
    enter(page, console, "reviewer")
    alerts_shown(page, 1)


def test_a_deployment_that_is_stopped_says_so_and_that_stays(
    page: Page, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tmp_path) as console:
        both_up(console)
        watched(page, console)
        page.press("1", "7")
        page.wait("document.querySelectorAll('.pill.live').length === 2")
        caplog.set_level(logging.WARNING)
    page.wait_for_text("#banner", "The deployment was stopped at ")
    nothing_left(page)
    time.sleep(3.0)  # longer than a lost connection takes to be noticed
    assert "The deployment was stopped at " in page.text("#banner")
    assert "lost" not in page.text("#banner")
    page.press("a", "Enter", "?")
    assert not page.evaluate("document.querySelector('dialog[open]')")
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_a_window_that_ends_and_files_that_are_played_are_told_apart(
    page: Page, tmp_path: Path
) -> None:
    with served(tmp_path / "window", ends_at=datetime.now(UTC)) as console:
        watched(page, console)
    page.wait_for_text("#banner", "The deployment's window has ended")
    nothing_left(page)
    with served(tmp_path / "played") as console:
        for camera in ("north", "south"):
            console.router.report_health(camera_health(camera, state="ended"))
        watched(page, console)
        page.wait_for_text("#banner", "2 cameras down")
    page.wait_for_text("#banner", "Every file was played to its end at ")
    nothing_left(page)


def test_a_session_that_is_gone_leaves_no_face(page: Page, console: Served) -> None:
    watched(page, console)
    session_gone(page)
    assert "S000" not in page.evaluate("document.documentElement.outerHTML")


def test_a_console_that_is_gone_is_said_and_its_return_asks_for_the_token(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path) as console:
        enter(page, console, "operator")
        port = int(console.url.rpartition(":")[2])
        silently = Screen.end
        monkeypatch.setattr(Screen, "end", lambda screen, *_: silently(screen))
    page.wait_for_text("#banner", "Connection to the console's server lost at")
    assert "New alerts are NOT shown" in page.text("#banner")
    with served(tmp_path, ConsoleConfig(port=port)):
        page.wait("document.querySelector('#token')")
    page.problems.clear()  # the browser logs every try


def test_without_a_connection_faces_go_and_come_back_with_it(
    page: Page, console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched(page, console)
    page.press("1", "7")
    inside: Console = console.app.state.console
    with monkeypatch.context() as trouble:
        trouble.setattr(feed, "MOST_SCREENS", 0)
        assert inside.feed._loop is not None
        for screen in tuple(inside.feed._screens):
            inside.feed._loop.call_soon_threadsafe(screen.end)
        page.wait_for_text("#banner", "The console's server sends this page nothing since")
        much_later(page, ms=90_000)
        page.wait("document.querySelector('#nothing').checkVisibility()")
        page.wait_for_text("#nothing", "Pictures are shown again when the connection is back.")
        assert page.evaluate(f"({LEFT}).filter(each => !each.matches('.top *, .ask *'))") == []
        assert "S000" not in page.evaluate("document.documentElement.outerHTML")
    alerts_shown(page, 1)
    page.wait_for_text("#of-subject", "S000")
    assert page.evaluate("document.querySelectorAll('.choice[aria-pressed=true]').length") == 2
    page.problems.clear()  # the browser logs every try


def test_one_that_is_over_is_decided_without_alarms_about_cameras(
    page: Page, console: Served
) -> None:
    console.running.states = ()
    raise_alerts(console, 1)
    page.open(f"{console.url}/#{console.tokens['reviewer']}")
    alerts_shown(page, 1)
    page.wait_for_text("#banner", "This deployment is over, and nobody is looked for.")
    assert page.evaluate("document.querySelectorAll('#banner > *').length") == 1
    hidden = "[...document.querySelectorAll('#mute, #silence, #cameras')]"
    assert not page.evaluate(f"{hidden}.some(each => each.checkVisibility())")
    page.press("1", "4", "Enter")
    page.wait_for_text("#said", "Saved: Match.")
    assert len(console.router.reviews()) == 1
