from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import Lake
from lfr_batch.results.store import open_store
from lfr_batch.storage.store import Store
from tests.holding import publish_run, record_run
from tests.s3_servers import moto_server, new_bucket, rclone_server

from .exported import three_runs
from .synthetic import FINISHED, LEFT_RUN_ID, STARTED, searched_run


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture(scope="session")
def rclone_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with rclone_server(tmp_path_factory.mktemp("rclone")) as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path) -> Iterator[str]:
    with new_bucket(endpoint, tmp_path) as name:
        yield name


@pytest.fixture
def rclone_bucket(rclone_endpoint: str, tmp_path: Path) -> Iterator[str]:
    with new_bucket(rclone_endpoint, tmp_path) as name:
        yield name


@pytest.fixture(params=["disk"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A results root that does not exist yet; on request in a 'bucket' or 'rclone_bucket'."""
    if request.param == "disk":
        return str(tmp_path / "it's [a] lake")
    return f"s3://{request.getfixturevalue(request.param)}/team a/lake"


@pytest.fixture
def store(root: str) -> Store:
    return open_store(root)


@pytest.fixture
def disk(tmp_path: Path) -> Store:
    return open_store(tmp_path / "lake")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A lake with one finished run and one that was started and left. Read only."""
    store = open_store(tmp_path_factory.mktemp("finished") / "lake")
    asked, made = searched_run(store)
    publish_run(
        store,
        asked,
        made.assets,
        made.segments,
        made.outcomes,
        made.sightings,
        "complete_with_failures",
        at=FINISHED,
    )
    left, made = searched_run(store, LEFT_RUN_ID)
    record_run(store, left, "running", at=STARTED)
    return store


@pytest.fixture(scope="session")
def lake(finished: Store) -> Lake:
    """That one, open. What asks through ``run_query`` changes nothing of it."""
    return open_lake(finished.uri)


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Likewise one with the runs of ``three_runs``."""
    return three_runs(open_store(tmp_path_factory.mktemp("three") / "lake"))
