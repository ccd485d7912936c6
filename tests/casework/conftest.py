from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.config.policy import AuthorisationPolicy, Policy
from lfr_batch.config.schema import S3Config
from tests.s3_servers import moto_server, new_bucket

RULES = Policy(authorisation=AuthorisationPolicy(urgent="24h"))


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path) -> Iterator[str]:
    with new_bucket(endpoint, tmp_path) as name:
        yield name


@pytest.fixture(params=["disk", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> CaseFiles:
    """The cases of an empty home, of either kind."""
    if request.param == "disk":
        return CaseFiles(tmp_path / "home", S3Config(), RULES)
    return CaseFiles(f"s3://{request.getfixturevalue('bucket')}/home", S3Config(), RULES)


@pytest.fixture
def on_disk(tmp_path: Path) -> CaseFiles:
    return CaseFiles(tmp_path / "home", S3Config(), RULES)
