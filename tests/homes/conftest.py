"""A home in a bucket, and a cache of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.s3_servers import moto_server, new_bucket


@pytest.fixture(scope="package")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture
def home(endpoint: str, tmp_path: Path, cache: Path) -> Iterator[str]:
    with new_bucket(endpoint, tmp_path) as bucket:
        yield f"s3://{bucket}/team a/home"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("LFR_CACHE", str(folder))
    return folder
