from __future__ import annotations

from collections.abc import Iterator

import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import StoreUnreachable
from lfr_batch.storage import s3_client


@pytest.fixture(autouse=True)
def made_anew() -> Iterator[None]:
    s3_client.client.cache_clear()
    yield
    s3_client.client.cache_clear()


def test_one_client_for_the_same_settings() -> None:
    here, there = (S3Config(region=name) for name in ("eu-west-1", "eu-central-1"))
    assert s3_client.client(here) is s3_client.client(here.model_copy())
    assert s3_client.client(here).meta.region_name == "eu-west-1"
    assert s3_client.client(there).meta.region_name == "eu-central-1"


def test_an_address_that_is_none() -> None:
    with pytest.raises(StoreUnreachable, match=r"the S3 settings are not usable: .*nonsense"):
        s3_client.client(S3Config(region="x", endpoint_url="nonsense"))


def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StoreUnreachable, match=r"the S3 settings cannot be read: .*nobody"):
        s3_client.client(S3Config())
