from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from benchmarks.faulty_proxy import FaultyProxy
from lfr_batch.storage import s3_client, s3_requests
from lfr_batch.storage.s3_store import S3Store

Behind = tuple[FaultyProxy, S3Store]


def test_every_page_of_a_listing_comes(proxy: Behind) -> None:
    between, store = proxy
    for number in range(5):
        store.write_atomic(f"a/{number}", b"")

    def two_at_a_time(params: dict[str, Any], **_: object) -> None:
        params["MaxKeys"] = 2

    client = s3_client.client(store.s3)
    client.meta.events.register("before-parameter-build.s3.ListObjectsV2", two_at_a_time)
    before = between.met.total()
    assert len(list(s3_requests.objects(store.s3, store.bucket, store.key("a")))) == 5
    assert between.met.total() - before == 3


def test_a_head_that_is_refused_without_a_word_is_asked_why(
    proxy: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    between, store = proxy
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with between.expired(), pytest.raises(ClientError, match="ExpiredToken"):
        s3_requests.head(store.s3, store.bucket, "nothing")
    with pytest.raises(ClientError, match="404"):
        s3_requests.head(store.s3, store.bucket, "nothing")
