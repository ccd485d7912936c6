"""A bucket on moto, behind a proxy that does what it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faulty_proxy import FaultyProxy, faulty_proxy
from lfr_batch.config.schema import S3Config
from lfr_batch.storage import s3_retries
from lfr_batch.storage.s3_store import S3Store
from tests.s3_servers import moto_server, new_bucket


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture
def proxy(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[FaultyProxy, S3Store]]:
    """The proxy, and a store behind it."""
    monkeypatch.setattr(s3_retries, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(s3_retries, "LONGEST_PAUSE_S", 0.1)
    with new_bucket(endpoint, tmp_path) as name, faulty_proxy(endpoint, seed=13) as between:
        yield between, S3Store(f"s3://{name}/lake", S3Config(endpoint_url=between.address))
