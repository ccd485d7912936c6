"""A browser, and a page in it, for the tests of every server that has pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.console.browser import Page, chromium, new_page
from tests.console.screens import TABLET


@pytest.fixture(scope="session")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A browser; the pages of a test share their cookies."""
    with chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
def page(devtools: str) -> Iterator[Page]:
    """The browser knows nothing of the tests before."""
    with new_page(devtools) as made:
        made.forget()
        made.size(*TABLET)
        yield made
        assert not made.problems, made.problems
