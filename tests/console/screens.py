"""The page as officers find it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.console.browser import Page
from tests.console.made import Served, camera_health

TABLET, SMALL_TABLET, PHONE = (1280, 800), (1024, 768), (390, 844)


def enter(page: Page, console: Served, name: str) -> None:
    """By the link that `lfr live` prints."""
    page.open(f"{console.url}/#{console.tokens[name]}")
    page.wait("document.body?.dataset.role && document.querySelector('#cameras')?.innerText")
    page.wait("document.querySelector('#window').innerText")


def alerts_shown(page: Page, number: int) -> None:
    page.wait(f"document.querySelectorAll('.item').length === {number}")


def both_up(console: Served) -> None:
    """And so they stay, however long a test takes."""
    later = datetime.now(UTC) + timedelta(hours=1)
    for camera in ("north", "south"):
        console.router.report_health(camera_health(camera, at=later))
