"""How a bucket is spoken to.

Endpoint, region, credentials, retries and proxies come from where boto3 takes them (environment,
profiles, instance roles); the settings override what they name. boto3 is slow to import: import
this when a bucket is first spoken to.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError

from lfr_batch.errors import StoreUnreachable
from lfr_batch.storage.s3_errors import SENTENCES, failure_of
from lfr_batch.storage.store import S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

CONNECTIONS = 64
"""Kept at most: a worker may have 16 segments at once, and planning looks into more files."""
PAID = ("ListObjectsV2", "HeadObject", "GetObject")
"""Requests that read; results are written to buckets of one's own."""


@lru_cache(maxsize=8)
def client(s3: S3Settings) -> S3Client:
    """One client per settings and process; it may be shared between threads.

    Raises StoreUnreachable for settings that boto3 does not take.
    """
    checksums = s3.checksums
    overrides = BotoConfig(
        max_pool_connections=CONNECTIONS,
        request_checksum_calculation=checksums,
        response_checksum_validation=checksums,
    )
    try:
        made = boto3.Session().client(
            "s3", region_name=s3.region, endpoint_url=s3.endpoint_url, config=overrides
        )
    except (BotoCoreError, OSError, ValueError) as error:
        failure = failure_of(error)
        sentence = SENTENCES.get(failure.meaning, SENTENCES["broken off"])
        said = sentence.format(what="the S3 settings", said=failure.said)
        raise StoreUnreachable(said) from error
    made.meta.events.register("before-call.s3.GetObject", _no_checksum_of_a_part)
    if s3.requester_pays:
        for operation in PAID:
            made.meta.events.register(f"before-parameter-build.s3.{operation}", _pay)
    return made


def _no_checksum_of_a_part(params: dict[str, Any], **_: object) -> None:
    """Some stores send the whole object's checksum with a part of it, which boto3 then refuses."""
    if "Range" in params["headers"]:
        params["context"].get("checksum", {}).pop("response_algorithms", None)


def _pay(params: dict[str, Any], **_: object) -> None:
    """Accept the request's cost, without which such a bucket refuses it."""
    params["RequestPayer"] = "requester"
