"""A bucket as a store, through boto3: credentials, profiles, region, endpoint
(``AWS_ENDPOINT_URL``), retries and proxies are what boto3 users expect.

boto3 is imported when a bucket is first spoken to: it takes as long as all else of a short command.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from lfr_batch.errors import StoreUnreachable
from lfr_batch.storage.store import S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, ObjectTypeDef
    from pyarrow.fs import S3FileSystem


@dataclass(frozen=True, slots=True)
class S3Store:
    """See ``store.Store``. One PUT is atomic."""

    uri: str
    s3: S3Settings

    @property
    def bucket(self) -> str:
        return self.uri.removeprefix("s3://").partition("/")[0]

    def key(self, path: str) -> str:
        prefix = self.uri.removeprefix("s3://").partition("/")[2]
        return "/".join(part for part in (prefix, path) if part)

    def write_atomic(self, path: str, data: bytes) -> None:
        with _explained(self.uri):
            client(self.s3).put_object(Bucket=self.bucket, Key=self.key(path), Body=data)

    def write_new(self, path: str, data: bytes) -> bool:
        """Write only if nothing is there. Whether it was written.

        A store without conditional writes just writes, and one that ignores conditions, too.
        """
        put = partial(client(self.s3).put_object, Bucket=self.bucket, Key=self.key(path), Body=data)
        from botocore.exceptions import ClientError  # noqa: PLC0415

        from lfr_batch.storage.s3_errors import failure_of  # noqa: PLC0415

        with _explained(self.uri):
            try:
                put(IfNoneMatch="*")
            except ClientError as error:
                meaning = failure_of(error).meaning
                if meaning == "condition failed":
                    return False
                if meaning != "no conditions":
                    raise
                put()
        return True

    def read(self, path: str) -> bytes:
        with _explained(self.uri):
            return self._get(path)["Body"].read()

    def read_aged(self, path: str) -> tuple[bytes, float]:
        """The bytes and how many seconds ago they were written, both by the store's own clock.

        Raises FileNotFoundError.
        """
        with _explained(self.uri):
            answer = self._get(path)
            data = answer["Body"].read()
        now = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        age = parsedate_to_datetime(now) - answer["LastModified"] if now else timedelta(0)
        return data, age.total_seconds()

    def _get(self, path: str) -> GetObjectOutputTypeDef:
        return client(self.s3).get_object(Bucket=self.bucket, Key=self.key(path))

    def exists(self, path: str) -> bool:
        try:
            with _explained(self.uri):
                client(self.s3).head_object(Bucket=self.bucket, Key=self.key(path))
        except FileNotFoundError:
            return bool(self.list(path))
        return True

    def list(self, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(self.list_times(prefix)))

    def list_times(self, prefix: str) -> dict[str, datetime]:
        """Every file under the directory ``prefix``, and when the store says it was written."""
        skip = len(self.key("")) + 1 if self.key("") else 0
        with _explained(self.uri):
            found = self._objects(self.key(prefix) + "/")
            return {item["Key"][skip:]: item["LastModified"] for item in found}

    def delete(self, path: str) -> None:
        """Only what is there is asked to go: a server of files takes the name of a directory for
        the directory, and refuses."""
        key = self.key(path)
        with _explained(self.uri):
            for item in self._objects(key):
                if item["Key"] == key or item["Key"].startswith(f"{key}/"):
                    client(self.s3).delete_object(Bucket=self.bucket, Key=item["Key"])

    def fetch(self, path: str, to: BinaryIO) -> None:
        """A file of any size, in parts. Raises FileNotFoundError, StoreUnreachable."""
        with _explained(self.uri):
            client(self.s3).download_fileobj(self.bucket, self.key(path), to)

    def send(self, path: str, source: Path) -> None:
        """A file of any size, in parts; it is there when all are. Raises StoreUnreachable."""
        with _explained(self.uri), source.open("rb") as file:
            client(self.s3).upload_fileobj(file, self.bucket, self.key(path))

    def _objects(self, prefix: str) -> Iterator[ObjectTypeDef]:
        pages = client(self.s3).get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=prefix.lstrip("/")):
            yield from page.get("Contents", ())


def client(s3: S3Settings) -> S3Client:
    from lfr_batch.storage import s3_client  # noqa: PLC0415

    return s3_client.client(s3)


def arrow_filesystem(s3: S3Settings) -> S3FileSystem:
    """The same store for pyarrow, with what boto3 resolved."""
    import boto3  # noqa: PLC0415
    import pyarrow.fs  # noqa: PLC0415

    meta = client(s3).meta
    options: dict[str, Any] = {"region": meta.region_name}
    scheme, _, host = meta.endpoint_url.partition("://")
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        options |= {"scheme": scheme, "endpoint_override": host.rstrip("/")}
    found = boto3.Session().get_credentials()
    if found is None:
        options["anonymous"] = True
    else:
        keys = found.get_frozen_credentials()
        options |= {"access_key": keys.access_key, "secret_key": keys.secret_key}
        options["session_token"] = keys.token
    with _checksums(s3.checksums or "when_required"):
        return pyarrow.fs.S3FileSystem(**options)


@contextmanager
def _checksums(validation: str) -> Iterator[None]:
    """What pyarrow's client takes from the environment alone, unless it says so already.

    Parquet is read in ranges, and some stores send the checksum of the whole object with one.
    """
    name = "AWS_RESPONSE_CHECKSUM_VALIDATION"
    if name in os.environ:
        yield
        return
    os.environ[name] = validation
    try:
        yield
    finally:
        os.environ.pop(name, None)


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    """Raises FileNotFoundError where the object is absent, StoreUnreachable for all else."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from lfr_batch.storage.s3_errors import failure_of  # noqa: PLC0415

    try:
        yield
    except (ClientError, BotoCoreError) as error:
        failure = failure_of(error)
        if failure.meaning == "absent":
            raise FileNotFoundError(uri) from error
        raise StoreUnreachable(
            f"cannot use {uri} ({failure.said}); check the bucket's name, your credentials, "
            "the region and the endpoint"
        ) from error
