"""What several tests of scans share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lfr_batch.config.schema import (
    Config,
)
from lfr_batch.faces.stages import open_stages
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.search import Search
from tests.one_case import Casework
from tests.work_here import work_here


@pytest.fixture(scope="package", autouse=True)
def works_here() -> Iterator[None]:
    with work_here():
        yield


@pytest.fixture(scope="session")
def search(casework: Casework) -> Search:
    config = Config()
    stages = open_stages(load_pack(casework.home, "open"), config, threads=2)
    matcher = open_matcher(load_snapshot(casework.home, "people"))
    return Search(stages, matcher, threshold=0.4, config=config)
