"""What boto3's errors mean: one table. What follows from it, and the way out, callers say.

botocore is slow to import: import this when a bucket is first spoken to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)

Meaning = Literal[
    "no bucket",
    "absent",
    "not allowed",
    "bad credentials",
    "condition failed",
    "no conditions",
    "refused",
    "no credentials",
    "no endpoint",
    "broken off",
    "unusable",
]

CODES: Mapping[str, Meaning] = {
    "NoSuchBucket": "no bucket",
    "404": "absent",
    "NoSuchKey": "absent",
    "NotFound": "absent",
    "403": "not allowed",
    "AccessDenied": "not allowed",
    "AllAccessDisabled": "not allowed",
    "Forbidden": "not allowed",
    "401": "bad credentials",
    "ExpiredToken": "bad credentials",
    "InvalidAccessKeyId": "bad credentials",
    "InvalidToken": "bad credentials",
    "SignatureDoesNotMatch": "bad credentials",
    "412": "condition failed",
    "PreconditionFailed": "condition failed",
    "ConditionalRequestConflict": "condition failed",
    "501": "no conditions",
    "NotImplemented": "no conditions",
}
"""By the code that a store answers with; a number where its answer has no body. With any other it
'refused'."""

KINDS: tuple[tuple[type[Exception], Meaning], ...] = (
    (NoCredentialsError, "no credentials"),
    (PartialCredentialsError, "no credentials"),
    (EndpointConnectionError, "no endpoint"),
    (BotoCoreError, "broken off"),
    (OSError, "broken off"),
    (ValueError, "unusable"),
)
"""Of errors that are no answers, the first that fits."""

SENTENCES: Mapping[Meaning, str] = {
    "no credentials": "there are no credentials for {what}: set AWS_PROFILE or AWS_ACCESS_KEY_ID "
    "and AWS_SECRET_ACCESS_KEY",
    "broken off": "{what} cannot be read: {said}",
    "unusable": "{what} are not usable: {said}",
}
"""What is said alike of footage and of the settings."""


@dataclass(frozen=True, slots=True)
class S3Failure:
    meaning: Meaning
    said: str
    """The store's code, or the error's own words."""
    endpoint: str = "its endpoint"
    """Where it was looked for, if that is known."""


def failure_of(error: Exception) -> S3Failure:
    """``error`` is a ClientError or of one of ``KINDS``."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        return S3Failure(CODES.get(code, "refused"), code or str(error))
    meaning = next(meaning for kind, meaning in KINDS if isinstance(error, kind))
    if isinstance(error, EndpointConnectionError):
        return S3Failure(meaning, str(error), error.kwargs.get("endpoint_url", "its endpoint"))
    return S3Failure(meaning, str(error))
