"""Requests to S3 that are more than one call: asked again as ``s3_retries`` has it, page after
page, or from where an answer broke off. They raise boto3's errors; ``s3_errors`` knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, IncompleteReadError

from lfr_batch.storage.s3_errors import code_of
from lfr_batch.storage.s3_retries import asked
from lfr_batch.storage.store import PATIENCE_S, S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import (
        GetObjectOutputTypeDef,
        HeadObjectOutputTypeDef,
        ListObjectsV2OutputTypeDef,
        ObjectTypeDef,
    )

PIECE_BYTES = 256 * 1024
"""What of an answer has arrived in whole pieces is kept if the rest does not."""
UNSAID = frozenset({"400", "401", "403"})
"""Codes of refusals that do not say why."""


def head(
    s3: S3Settings, bucket: str, key: str, patience_s: float = PATIENCE_S, **more: Any
) -> HeadObjectOutputTypeDef:
    """What is known of an object, without its bytes."""

    def request(store: S3Client) -> HeadObjectOutputTypeDef:
        try:
            return store.head_object(Bucket=bucket, Key=key, **more)
        except ClientError as error:
            if code_of(error) in UNSAID:
                _raise_why(store, bucket, key)
            raise

    return asked(s3, request, patience_s)


def _raise_why(store: S3Client, bucket: str, key: str) -> None:
    """The answer to HEAD has no body that could say whether credentials have run out: the refusal
    of a byte of the object has."""
    try:
        store.get_object(Bucket=bucket, Key=key, Range="bytes=0-0")["Body"].close()
    except ClientError as error:
        if code_of(error) != "InvalidRange":  # it is empty
            raise


def objects(
    s3: S3Settings, bucket: str, prefix: str, patience_s: float = PATIENCE_S
) -> Iterator[ObjectTypeDef]:
    """All whose keys begin with ``prefix``."""
    more: dict[str, Any] = {}
    while True:

        def page(store: S3Client, more: dict[str, Any] = more) -> ListObjectsV2OutputTypeDef:
            return store.list_objects_v2(Bucket=bucket, Prefix=prefix, **more)

        found = asked(s3, page, patience_s)
        yield from found.get("Contents", ())
        if not found.get("IsTruncated"):
            return
        more = {"ContinuationToken": found["NextContinuationToken"]}


def folders(
    s3: S3Settings, bucket: str, prefix: str, patience_s: float = PATIENCE_S
) -> Iterator[str]:
    """Beginnings of keys up to the first slash after ``prefix``, each with that slash."""
    more: dict[str, Any] = {}
    while True:

        def page(store: S3Client, more: dict[str, Any] = more) -> ListObjectsV2OutputTypeDef:
            return store.list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/", **more)

        found = asked(s3, page, patience_s)
        yield from (each["Prefix"] for each in found.get("CommonPrefixes", ()))
        if not found.get("IsTruncated"):
            return
        more = {"ContinuationToken": found["NextContinuationToken"]}


def read_whole(
    s3: S3Settings, bucket: str, key: str, patience_s: float = PATIENCE_S
) -> tuple[bytes, GetObjectOutputTypeDef]:
    """The object's bytes, and the answer that they came with."""

    def request(store: S3Client) -> tuple[bytes, GetObjectOutputTypeDef]:
        answer = store.get_object(Bucket=bucket, Key=key)
        return answer["Body"].read(), answer

    return asked(s3, request, patience_s)


def read_range(
    s3: S3Settings,
    place: tuple[str, str],
    span: tuple[int, int],
    check: Callable[[GetObjectOutputTypeDef], None],
    **condition: Any,
) -> bytes:
    """Bytes from the first of ``span`` to before its second, of (bucket, key); ``check`` may refuse
    an answer. What has arrived before an answer broke off is not asked for again."""
    (bucket, key), (start, stop) = place, span
    got = bytearray()

    def go_on(store: S3Client) -> None:
        rest = f"bytes={start + len(got)}-{stop - 1}"
        answer = store.get_object(Bucket=bucket, Key=key, Range=rest, **condition)
        check(answer)
        with closing(answer["Body"]) as body:
            while len(got) < stop - start and (piece := body.read(PIECE_BYTES)):
                got.extend(piece)
        if len(got) != stop - start:
            arrived = len(got)
            got.clear()
            raise IncompleteReadError(actual_bytes=arrived, expected_bytes=stop - start)

    asked(s3, go_on)
    return bytes(got)
