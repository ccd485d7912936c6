"""In a browser: an evidence pack is asked for and downloaded; the moment of a sighting plays."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from tests.console.browser import Page
from tests.office.desk import enter_office, open_queue
from tests.office.made import ServedOffice
from tests.office.test_office_seen import look

TRIES = 15
"""Of as long as a page is waited for: what is made here takes as long as the machine lets it."""


def wait_long(page: Page, script: str) -> None:
    for _ in range(TRIES):
        with suppress(AssertionError):
            page.wait(script)
            return
    page.wait(script)


def click(page: Page, selector: str) -> None:
    page.evaluate(f"document.querySelector('{selector}').click()")


def test_a_pack(
    office: ServedOffice, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LFR_HOME", str(office.home))
    enter_office(page, office, "Otto")
    open_queue(page)
    click(page, "#queue .entry")  # the still comes first
    page.wait("!document.querySelector('#sighting-screen').hidden")
    click(page, "#open-pack")
    page.wait("document.querySelector('#pack').open")
    page.wait("!document.querySelector('#pack-nobody').hidden")
    look(page, tmp_path / "pack")
    click(page, "#pack-make")
    page.wait_for_text("#pack-said", "Say why")
    page.evaluate("document.querySelector('#pack-why').value = 'for disclosure'")
    click(page, "#pack-make")
    wait_long(page, "/Made and downloaded/.test(document.querySelector('#pack-said').textContent)")


def test_nobody_else_may_ask(office: ServedOffice, page: Page) -> None:
    enter_office(page, office, "Uma")
    assert page.evaluate("document.querySelector('#open-pack')") is None


def test_the_moment_plays(office: ServedOffice, page: Page, tmp_path: Path) -> None:
    enter_office(page, office, "Anne")
    open_queue(page)
    click(page, "#queue li:last-child .entry")
    page.wait("!document.querySelector('#open-moment').hidden")
    click(page, "#open-moment")
    wait_long(page, "document.querySelector('#moment video')?.readyState >= 2")
    assert page.evaluate("document.querySelector('#moment video').videoWidth") > 100
    page.screenshot(tmp_path / "moment.png")
    assert page.is_open_again("#moment", "document.querySelector('#open-moment').click()")
    assert page.evaluate("document.querySelectorAll('#moment video[src]').length") == 1
    page.evaluate("document.querySelector('#moment').close()")
    page.wait("document.querySelectorAll('#moment video').length === 0")
