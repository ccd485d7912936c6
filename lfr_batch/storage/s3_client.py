"""How a bucket is spoken to.

Endpoint, region, credentials and proxies come from where boto3 takes them (environment, profiles,
instance roles); the settings override what they name. Requests are sent once: when they are sent
again, ``s3_retries`` decides. boto3 is slow to import: import this when a bucket is first spoken
to.
"""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError

from lfr_batch.errors import StoreUnreachable
from lfr_batch.storage.s3_environment import ALONE
from lfr_batch.storage.s3_errors import SENTENCES, failure_of
from lfr_batch.storage.store import S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

CONNECTIONS = 64
"""Kept at most: a worker may have 16 segments at once, and planning looks into more files."""
CONNECT_S, ANSWER_S = 10, 30
"""Waited for at most, for a connection and for the next bytes of an answer."""
PAID = ("ListObjectsV2", "HeadObject", "GetObject")
"""Requests that read; results are written to buckets of one's own."""
READ_JUST_NOW_S = 2.0
"""Credentials that were read so lately are not read anew."""

_renewing = Lock()
_made_s: dict[S3Settings, float] = {}


@lru_cache(maxsize=8)
def client(s3: S3Settings) -> S3Client:
    """One client per settings and process; it may be shared between threads.

    Raises StoreUnreachable for settings that boto3 does not take.
    """
    checksums = s3.checksums
    overrides = BotoConfig(
        max_pool_connections=CONNECTIONS,
        connect_timeout=CONNECT_S,
        read_timeout=ANSWER_S,
        retries={"total_max_attempts": 1, "mode": "standard"},
        request_checksum_calculation=checksums,
        response_checksum_validation=checksums,
    )
    try:
        with ALONE:
            made = boto3.Session().client(
                "s3", region_name=s3.region, endpoint_url=s3.endpoint_url, config=overrides
            )
    except (BotoCoreError, OSError, ValueError) as error:
        failure = failure_of(error)
        sentence = SENTENCES.get(failure.meaning, SENTENCES["not sent"])
        said = sentence.format(what="the S3 settings", said=failure.said)
        raise StoreUnreachable(said) from error
    made.meta.events.register("before-call.s3.GetObject", _no_checksum_of_a_part)
    if s3.requester_pays:
        for operation in PAID:
            made.meta.events.register(f"before-parameter-build.s3.{operation}", _pay)
    _made_s[s3] = monotonic()
    return made


def renew(s3: S3Settings, used: S3Client) -> None:
    """Read credentials anew for the next client, since those of ``used`` are not accepted: a file
    or profile may hold others by now, and a role gives new ones. The environment stays as it is."""
    with _renewing:
        if client(s3) is used and monotonic() - _made_s[s3] > READ_JUST_NOW_S:
            client.cache_clear()


def most_attempts() -> int | None:
    """As AWS_MAX_ATTEMPTS or the profile's max_attempts limits them; None: nothing does."""
    found: int | None = botocore.session.Session().get_config_variable("max_attempts")
    return found


def _no_checksum_of_a_part(params: dict[str, Any], **_: object) -> None:
    """Some stores send the whole object's checksum with a part of it, which boto3 then refuses."""
    if "Range" in params["headers"]:
        params["context"].get("checksum", {}).pop("response_algorithms", None)


def _pay(params: dict[str, Any], **_: object) -> None:
    """Accept the request's cost, without which such a bucket refuses it."""
    params["RequestPayer"] = "requester"
