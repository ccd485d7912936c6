"""A bucket as a store, through boto3: credentials, profiles, region, endpoint
(``AWS_ENDPOINT_URL``) and proxies are what boto3 users expect.

boto3 is imported when a bucket is first spoken to: it takes as long as all else of a short command.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from lfr_batch.errors import StoreAway, StoreUnreachable
from lfr_batch.storage.s3_environment import ALONE
from lfr_batch.storage.store import PATIENCE_S, S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, ObjectTypeDef
    from pyarrow.fs import S3FileSystem

NO_ANSWER = "{what} does not answer ({said}): check the network and the endpoint, or wait"

ARROW_ATTEMPTS = 12
"""Of pyarrow's own client, whose pauses double up to 20 s: about a minute."""


@dataclass(frozen=True, slots=True)
class S3Store:
    """See ``store.Store``. One PUT is atomic."""

    uri: str
    s3: S3Settings
    patience_s: float = field(default=PATIENCE_S, kw_only=True)
    """How long what is not answered is asked for again."""

    @property
    def bucket(self) -> str:
        return self.uri.removeprefix("s3://").partition("/")[0]

    def key(self, path: str) -> str:
        prefix = self.uri.removeprefix("s3://").partition("/")[2]
        return "/".join(part for part in (prefix, path) if part)

    def write_atomic(self, path: str, data: bytes) -> None:
        with _explained(self.uri):
            self._put(path, data)

    def write_new(self, path: str, data: bytes) -> bool:
        """Write only if nothing is there. Whether it was written.

        An answer that was lost on its way makes that 'not': then what is there is this very data. A
        store without conditional writes just writes, and one that ignores conditions, too.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415

        from lfr_batch.storage.s3_errors import failure_of  # noqa: PLC0415

        with _explained(self.uri):
            try:
                self._put(path, data, IfNoneMatch="*")
            except ClientError as error:
                meaning = failure_of(error).meaning
                if meaning == "condition failed":
                    return False
                if meaning != "no conditions":
                    raise
                self._put(path, data)
        return True

    def read(self, path: str) -> bytes:
        return self._read(path)[0]

    def read_aged(self, path: str) -> tuple[bytes, float]:
        """The bytes and how many seconds ago they were written, both by the store's own clock.

        Raises FileNotFoundError.
        """
        data, answer = self._read(path)
        now = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        age = parsedate_to_datetime(now) - answer["LastModified"] if now else timedelta(0)
        return data, age.total_seconds()

    def _read(self, path: str) -> tuple[bytes, GetObjectOutputTypeDef]:
        from lfr_batch.storage import s3_requests  # noqa: PLC0415

        with _explained(self.uri):
            return s3_requests.read_whole(self.s3, self.bucket, self.key(path), self.patience_s)

    def exists(self, path: str) -> bool:
        from lfr_batch.storage import s3_requests  # noqa: PLC0415

        try:
            with _explained(self.uri):
                s3_requests.head(self.s3, self.bucket, self.key(path), self.patience_s)
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

    def sizes(self, prefix: str) -> dict[str, int]:
        skip = len(self.key("")) + 1 if self.key("") else 0
        with _explained(self.uri):
            found = self._objects(self.key(prefix) + "/")
            return {item["Key"][skip:]: item["Size"] for item in found}

    def folders(self, prefix: str) -> tuple[str, ...]:
        from lfr_batch.storage import s3_requests  # noqa: PLC0415

        place = self.key(prefix) + "/"
        with _explained(self.uri):
            found = s3_requests.folders(self.s3, self.bucket, place, self.patience_s)
            return tuple(sorted(each[len(place) :].rstrip("/") for each in found))

    def move(self, path: str, to: str) -> None:
        source = {"Bucket": self.bucket, "Key": self.key(path)}
        with suppress(FileNotFoundError), _explained(self.uri):
            self._asked(
                lambda client: client.copy(source, self.bucket, self.key(to))  # type: ignore[arg-type]
            )
            self._delete(self.key(path))

    def delete(self, path: str) -> None:
        """Only what is there is asked to go: a server of files takes the name of a directory for
        the directory, and refuses."""
        key = self.key(path)
        with _explained(self.uri):
            for item in self._objects(key):
                if item["Key"] == key or item["Key"].startswith(f"{key}/"):
                    self._delete(item["Key"])

    def _put(self, path: str, data: bytes, **condition: Any) -> None:
        key = self.key(path)
        self._asked(lambda to: to.put_object(Bucket=self.bucket, Key=key, Body=data, **condition))

    def _delete(self, key: str) -> None:
        self._asked(lambda to: to.delete_object(Bucket=self.bucket, Key=key))

    def fetch(self, path: str, to: BinaryIO) -> None:
        """A file of any size, in parts, from the beginning at every attempt. ``to`` is empty and
        can be truncated. Raises FileNotFoundError, StoreUnreachable."""

        def download(client: S3Client) -> None:
            to.seek(0)
            to.truncate()
            client.download_fileobj(self.bucket, self.key(path), to)

        with _explained(self.uri):
            self._asked(download)

    def send(self, path: str, source: Path) -> None:
        """A file of any size, in parts; it is there when all are. Raises StoreUnreachable."""

        def upload(client: S3Client) -> None:
            with source.open("rb") as file:
                client.upload_fileobj(file, self.bucket, self.key(path))

        with _explained(self.uri):
            self._asked(upload)

    def _objects(self, prefix: str) -> Iterator[ObjectTypeDef]:
        from lfr_batch.storage import s3_requests  # noqa: PLC0415

        return s3_requests.objects(self.s3, self.bucket, prefix.lstrip("/"), self.patience_s)

    def _asked(self, request: Callable[[S3Client], Any]) -> None:
        from lfr_batch.storage.s3_retries import asked  # noqa: PLC0415

        asked(self.s3, request, self.patience_s)


def client(s3: S3Settings) -> S3Client:
    from lfr_batch.storage import s3_client  # noqa: PLC0415

    return s3_client.client(s3)


def arrow_filesystem(s3: S3Settings) -> S3FileSystem:
    """The same store for pyarrow, with what boto3 resolved."""
    import boto3  # noqa: PLC0415
    import pyarrow.fs  # noqa: PLC0415

    from lfr_batch.storage import s3_client  # noqa: PLC0415

    meta = client(s3).meta
    options: dict[str, Any] = {
        "region": meta.region_name,
        "retry_strategy": pyarrow.fs.AwsStandardS3RetryStrategy(max_attempts=ARROW_ATTEMPTS),
        "connect_timeout": s3_client.CONNECT_S,
        "request_timeout": s3_client.ANSWER_S,
    }
    scheme, _, host = meta.endpoint_url.partition("://")
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        options |= {"scheme": scheme, "endpoint_override": host.rstrip("/")}
    with ALONE:
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

    Parquet is read in ranges, and some stores send the checksum of the whole object with one. One
    thread at a time: another would take what is set here for the environment's own, and lose it.
    """
    name = "AWS_RESPONSE_CHECKSUM_VALIDATION"
    with ALONE:
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
    """Raises FileNotFoundError where the object is absent, StoreAway where waiting may help,
    StoreUnreachable for all else."""
    from lfr_batch.storage.s3_errors import BOTO_ERRORS, SENTENCES, failure_of  # noqa: PLC0415

    try:
        yield
    except (*BOTO_ERRORS, OSError) as error:
        failure = failure_of(error)
        if failure.meaning == "absent":
            raise FileNotFoundError(uri) from error
        if failure.is_away:
            sentence = SENTENCES.get(failure.meaning, NO_ANSWER)
            sentence = NO_ANSWER if failure.meaning == "broken off" else sentence
            raise StoreAway(sentence.format(what=uri, said=failure.said)) from error
        raise StoreUnreachable(
            f"cannot use {uri} ({failure.said}); check the bucket's name, your credentials, "
            "the region and the endpoint"
        ) from error
