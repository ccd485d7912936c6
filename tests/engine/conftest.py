"""A Ray session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster import connected


@pytest.fixture(scope="package")
def ray_cluster() -> Iterator[None]:
    """One for all tests of this folder; those of others, in the same process, must find none."""
    with connected(EngineConfig()):
        yield
