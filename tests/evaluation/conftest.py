"""What the tests of evaluation share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.work_here import work_here


@pytest.fixture(scope="package", autouse=True)
def works_here() -> Iterator[None]:
    with work_here():
        yield
