"""pyarrow's client for a bucket takes from the environment what it can be told in no other way."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pyarrow.fs
import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.storage.s3_store import arrow_filesystem
from tests.patience import PATIENCE_S

NAME = "AWS_RESPONSE_CHECKSUM_VALIDATION"
LONG_S = 0.2
"""In which a second thread is inside, too, if anything lets it."""


def test_of_two_threads_each_has_what_it_is_to_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv(NAME, raising=False)
    told: list[str | None] = []
    first, second = threading.Event(), threading.Event()

    def made(**_: object) -> None:
        if first.is_set():
            second.set()
            begun.join()
        else:
            first.set()
            second.wait(LONG_S)
        told.append(os.environ.get(NAME))

    monkeypatch.setattr(pyarrow.fs, "S3FileSystem", made)
    s3 = S3Config(region="eu-west-2", endpoint_url="http://127.0.0.1:9")
    begun = threading.Thread(target=arrow_filesystem, args=(s3,))
    begun.start()
    assert first.wait(PATIENCE_S)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(arrow_filesystem, s3).result()
    assert told == ["when_required", "when_required"]
    assert NAME not in os.environ


def test_nobody_sets_it_while_another_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    reading, made = threading.Event(), threading.Event()
    set_meanwhile: list[bool] = []

    def credentials(_: boto3.Session) -> None:
        if not reading.is_set():
            reading.set()
            set_meanwhile.append(made.wait(LONG_S))

    monkeypatch.setattr(boto3.Session, "get_credentials", credentials)
    monkeypatch.setattr(pyarrow.fs, "S3FileSystem", lambda **_: made.set())
    s3 = S3Config(region="eu-west-2", endpoint_url="http://127.0.0.1:9")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(arrow_filesystem, s3)
        assert reading.wait(PATIENCE_S)
        second = pool.submit(arrow_filesystem, s3)
        first.result()
        second.result()
    assert set_meanwhile == [False]
