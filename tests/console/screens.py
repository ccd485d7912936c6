"""The page as officers find it."""

from __future__ import annotations

from tests.console.browser import Page
from tests.console.made import Served, camera_health, now_alert

TABLET, SMALL_TABLET, PHONE = (1280, 800), (1024, 768), (390, 844)


def enter(page: Page, console: Served, name: str) -> None:
    """By the link that `lfr live` prints."""
    page.open(f"{console.url}/#{console.tokens[name]}")
    page.wait("document.body?.dataset.role && document.querySelector('#cameras')?.innerText")
    page.wait("document.querySelector('#window').innerText")


def session_gone(page: Page) -> None:
    """Until the page has noticed."""
    page.evaluate("fetch('/logout', {method: 'POST', headers: {'X-LFR-Console': '1'}})")
    page.wait("document.querySelector('#token')")
    page.problems.clear()  # the browser notes what it was refused meanwhile


def engineering(page: Page) -> None:
    """Opens what is behind one touch."""
    details = "document.querySelector('#engineering')"
    page.evaluate(f"{details}.open || {details}.querySelector('summary').click()")


def raise_alerts(console: Served, number: int) -> None:
    """The first so many of those that ``now_alert`` makes."""
    for each in range(number):
        console.router.raise_alert(now_alert(each))


def later(page: Page, ms: int) -> None:
    """So much later by the page's stopwatch: what it holds or repeats is over, or due."""
    now = "performance.now.bind(performance)"
    page.evaluate(f"{{ const now = {now}; performance.now = () => now() + {ms} }}")


def much_later(page: Page, ms: int) -> None:
    """So much later by the page's clock: alerts are as old as that, decisions as well."""
    page.evaluate(f"{{ const now = Date.now; Date.now = () => now() + {ms} }}")


def stand_still(page: Page) -> None:
    """The page's clock: nothing takes too long any more."""
    page.evaluate("{ const then = Date.now(); Date.now = () => then }")


def alerts_shown(page: Page, number: int) -> None:
    page.wait(f"document.querySelectorAll('.item').length === {number}")


def both_up(console: Served) -> None:
    for camera in ("north", "south"):
        console.router.report_health(camera_health(camera))
