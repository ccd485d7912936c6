"""What boto3's errors mean, and whether waiting helps: two tables. The way out callers say.

botocore is slow to import: import this when a bucket is first spoken to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

Meaning = Literal[
    "no bucket",
    "absent",
    "not allowed",
    "bad credentials",
    "expired credentials",
    "condition failed",
    "no conditions",
    "busy",
    "failing",
    "wrong clock",
    "refused",
    "no credentials",
    "no endpoint",
    "broken off",
    "not sent",
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
    "InvalidAccessKeyId": "bad credentials",
    "InvalidToken": "bad credentials",
    "SignatureDoesNotMatch": "bad credentials",
    "ExpiredToken": "expired credentials",
    "ExpiredTokenException": "expired credentials",
    "TokenRefreshRequired": "expired credentials",
    "412": "condition failed",
    "PreconditionFailed": "condition failed",
    "501": "no conditions",
    "NotImplemented": "no conditions",
    "429": "busy",
    "503": "busy",
    "SlowDown": "busy",
    "SlowDownRead": "busy",
    "SlowDownWrite": "busy",
    "ServiceUnavailable": "busy",
    "TooManyRequests": "busy",
    "RequestLimitExceeded": "busy",
    "BandwidthLimitExceeded": "busy",
    "Throttling": "busy",
    "ThrottlingException": "busy",
    "ConditionalRequestConflict": "failing",
    "OperationAborted": "failing",
    "RequestTimeout": "failing",
    "408": "failing",
    "RequestTimeTooSkewed": "wrong clock",
}
"""By the code that a store answers with; a number where its answer has no body. With any other it
is 'failing' if its status is of a server's own errors, and else it 'refused'."""

KINDS: tuple[tuple[type[Exception], Meaning], ...] = (
    (NoCredentialsError, "no credentials"),
    (PartialCredentialsError, "no credentials"),
    (CredentialRetrievalError, "expired credentials"),
    (TokenRetrievalError, "expired credentials"),
    (SSOError, "expired credentials"),
    (LoginError, "expired credentials"),
    (EndpointConnectionError, "no endpoint"),
    (HTTPClientError, "broken off"),
    (IncompleteReadError, "broken off"),
    (ChecksumError, "broken off"),
    (FlexibleChecksumError, "broken off"),
    (ResponseParserError, "broken off"),
    (BotoCoreError, "not sent"),
    (OSError, "broken off"),
    (ValueError, "unusable"),
)
"""Of errors that are no answers, the first that fits."""

BOTO_ERRORS = (ClientError, BotoCoreError, ResponseParserError)

AWAY: frozenset[Meaning] = frozenset(
    {"busy", "failing", "no endpoint", "broken off", "expired credentials"}
)
"""The same request may be answered a while later."""
OTHER_CREDENTIALS: frozenset[Meaning] = frozenset(
    {"expired credentials", "bad credentials", "no credentials"}
)
"""Somebody may have renewed them since they were read."""

SENTENCES: Mapping[Meaning, str] = {
    "no credentials": "there are no credentials for {what}: set AWS_PROFILE or AWS_ACCESS_KEY_ID "
    "and AWS_SECRET_ACCESS_KEY",
    "expired credentials": "the credentials for {what} have run out ({said}): renew them",
    "busy": "the store of {what} has too much to do ({said}): wait, or use fewer workers",
    "failing": "the store of {what} fails ({said}): look after it, or wait",
    "wrong clock": "the clocks of this machine and of the store of {what} differ by too much "
    "({said}): set this machine's",
    "broken off": "{what} cannot be read: {said}",
    "not sent": "{what} cannot be read: {said}",
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

    @property
    def is_away(self) -> bool:
        """Whether waiting helps."""
        return self.meaning in AWAY


def failure_of(error: Exception) -> S3Failure:
    """``error`` is a ClientError or of one of ``KINDS``."""
    if isinstance(error, ClientError):
        code = code_of(error)
        return S3Failure(CODES.get(code, _by_status(error)), code or str(error))
    meaning = next(meaning for kind, meaning in KINDS if isinstance(error, kind))
    if isinstance(error, EndpointConnectionError):
        return S3Failure(meaning, str(error), error.kwargs.get("endpoint_url", "its endpoint"))
    return S3Failure(meaning, str(error))


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _by_status(error: ClientError) -> Meaning:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return CODES.get(str(status), "failing") if status >= 500 or status == 429 else "refused"
