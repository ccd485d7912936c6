"""The examiners' page as its users go through it, by keyboard."""

from __future__ import annotations

from tests.console.browser import Page
from tests.office.made import ServedOffice

SIGHTING_OPEN = "!document.querySelector('#sighting-screen')?.hidden"


def enter_office(page: Page, office: ServedOffice, name: str) -> None:
    """By the link that `lfr live-user` prints, to the list of runs."""
    page.open("about:blank")
    page.open(f"{office.url}/#{office.tokens[name]}")
    page.wait(f"document.body?.dataset.name === '{name}'")
    page.wait("document.activeElement?.closest('.entry')")


def open_queue(page: Page) -> None:
    page.press("Enter")
    focused = "document.activeElement"
    page.wait(f"{focused}?.closest('#queue .entry') || {focused}?.id === 'run-title'")


def open_sighting(page: Page) -> None:
    page.press("Enter")
    page.wait(f"{SIGHTING_OPEN} && document.activeElement?.id === 'sighting-title'")


def state_comparison(page: Page, components: str, step: int, reason: str) -> None:
    """``components``: a key of S, D, N for each; ``step``: how far down the conclusions."""
    page.press(*components)
    page.press(" ")  # what hinders it, first of the boxes
    page.press("c", " ", *["ArrowDown"] * step, "r")
    page.call("Input.insertText", text=reason)


def save(page: Page) -> None:
    told = {"key": "Enter", "windowsVirtualKeyCode": 13, "modifiers": 2}
    page.call("Input.dispatchKeyEvent", type="keyDown", **told)
    page.call("Input.dispatchKeyEvent", type="keyUp", **told)


def leave_office(page: Page) -> None:
    page.evaluate("document.querySelector('#logout').focus()")
    page.press("Enter")
    page.wait("document.querySelector('#token') && !document.body.dataset.name")
