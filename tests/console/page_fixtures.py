"""A browser, and a page in it, for the tests of every server that has pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.console.browser import Page, chromium, new_page
from tests.console.screens import TABLET


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
