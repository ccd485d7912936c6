"""Rendered footage, a bucket with some of it, and finished runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.front.evidence import MadePack, PackOrder, make_evidence
from lfr_batch.storage import s3_client
from tests.evidence.runs import RunCase, copy_of, make_runs
from tests.footage.conftest import Rendered
from tests.one_case import Casework
from tests.s3_servers import forget_buckets, moto_server


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same four seconds (100 frames, a keyframe a second) in many containers."""
    return Rendered(tmp_path_factory.mktemp("rendered"))


@pytest.fixture
def archive(rendered: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Config]:
    """A store whose bucket ``archive`` holds a.mp4."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with moto_server() as endpoint:
        s3_client.client.cache_clear()
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        client.create_bucket(Bucket="archive")
        client.put_object(Bucket="archive", Key="a.mp4", Body=rendered["plain.mp4"].read_bytes())
        yield S3Config(endpoint_url=endpoint, region="us-east-1")
        s3_client.client.cache_clear()
        forget_buckets(endpoint)


@pytest.fixture(scope="session")
def finished(casework: Casework, tmp_path_factory: pytest.TempPathFactory) -> RunCase:
    """Not to be changed."""
    return make_runs(casework, tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="session")
def redacted(finished: RunCase, tmp_path_factory: pytest.TempPathFactory) -> MadePack:
    """A pack of both sightings with everybody else hidden. Not to be changed."""
    return _made(finished, tmp_path_factory.mktemp("redacted"), redact=True)


@pytest.fixture(scope="session")
def without_footage(finished: RunCase, tmp_path_factory: pytest.TempPathFactory) -> MadePack:
    """A pack of both sightings without frames or clips. Not to be changed."""
    return _made(finished, tmp_path_factory.mktemp("without_footage"), without_footage=True)


def _made(finished: RunCase, place: Path, **how: Any) -> MadePack:
    case = copy_of(finished, place / "home")
    order = PackOrder(case.run_id, place / "pack.zip", why="disclosure", **how)
    return make_evidence(order, case.settings)


@pytest.fixture
def case(finished: RunCase, tmp_path: Path) -> RunCase:
    """With a home of its own; footage is shared."""
    return copy_of(finished, tmp_path / "home")
