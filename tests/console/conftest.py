from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.browser import chromium
from tests.console.made import Served, served


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A browser for the module; its pages share their cookies."""
    with chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address
