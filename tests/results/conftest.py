from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import duckdb
import pytest
from moto.server import ThreadedMotoServer

from lfr_batch.footage import s3
from lfr_batch.results.lake import open_lake
from lfr_batch.results.store import Store, open_store
from tests.holding import publish_run, record_run

from .synthetic import FINISHED, LEFT_RUN_ID, STARTED, searched_run


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """An empty bucket, found as boto3 users have it: everything is in the environment."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3.client.cache_clear()
    store = boto3.Session().resource("s3").Bucket("results")
    store.create(CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    yield "results"
    store.objects.delete()
    store.delete()
    s3.client.cache_clear()


@pytest.fixture(params=["disk", "bucket"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A results root that does not exist yet, of either kind."""
    if request.param == "disk":
        return str(tmp_path / "it's [a] lake")
    return f"s3://{request.getfixturevalue('bucket')}/team a/lake"


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
        finished_at=FINISHED,
    )
    left, made = searched_run(store, LEFT_RUN_ID)
    record_run(store, left, "running", at=STARTED)
    return store


@pytest.fixture
def lake(finished: Store) -> duckdb.DuckDBPyConnection:
    return open_lake(finished.uri)
