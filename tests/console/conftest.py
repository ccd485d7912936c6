from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.console import feed
from tests.console.made import Served, served
from tests.console.page_fixtures import devtools, page

__all__ = ["devtools", "page"]


@pytest.fixture(autouse=True)
def _soon_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console that ends waits for its question to the router."""
    monkeypatch.setattr(feed, "POLL_S", 0.05)


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as made:
        yield made
