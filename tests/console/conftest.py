from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.console import feed
from tests.console.browser import Page, chromium, new_page
from tests.console.made import Served, served
from tests.console.screens import TABLET


@pytest.fixture(autouse=True)
def _soon_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console that ends waits for its question to the router."""
    monkeypatch.setattr(feed, "POLL_S", 0.05)


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A browser for the module; its pages share their cookies."""
    with chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
def page(devtools: str) -> Iterator[Page]:
    with new_page(devtools) as made:
        made.size(*TABLET)
        yield made
        assert made.problems == []
