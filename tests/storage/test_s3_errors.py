"""What boto3's errors are taken for."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError

from lfr_batch.errors import StoreAway, StoreUnreachable
from lfr_batch.storage.s3_errors import AWAY, CODES, Meaning, failure_of
from lfr_batch.storage.s3_store import _explained


def answer(code: str, status: int = 400) -> ClientError:
    said: Any = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(said, "GetObject")


NO_ENDPOINT = EndpointConnectionError(endpoint_url="http://there")
PARTIAL = PartialCredentialsError(provider="env", cred_var="secret_key")
BROKEN = ResponseStreamingError(error="reset")


@pytest.mark.parametrize(
    ("error", "meaning", "said"),
    [
        (answer("NoSuchBucket"), "no bucket", "NoSuchBucket"),
        (answer("404"), "absent", "404"),
        (answer("NoSuchKey"), "absent", "NoSuchKey"),
        (answer("AccessDenied"), "not allowed", "AccessDenied"),
        (answer("InvalidAccessKeyId"), "bad credentials", "InvalidAccessKeyId"),
        (answer("ExpiredToken"), "expired credentials", "ExpiredToken"),
        (CredentialRetrievalError(provider="p", error_msg="no"), "expired credentials", None),
        (answer("412"), "condition failed", "412"),
        (answer("ConditionalRequestConflict"), "failing", "ConditionalRequestConflict"),
        (answer("NotImplemented"), "no conditions", "NotImplemented"),
        (answer("SlowDown"), "busy", "SlowDown"),
        (answer("503"), "busy", "503"),
        (answer("InternalError", 500), "failing", "InternalError"),
        (answer("Odd", 502), "failing", "Odd"),
        (answer("Odd", 429), "busy", "Odd"),
        (answer("InvalidObjectState", 403), "refused", "InvalidObjectState"),
        (answer("RequestTimeTooSkewed", 403), "wrong clock", "RequestTimeTooSkewed"),
        (answer(""), "refused", str(answer(""))),
        (ClientError({}, "GetObject"), "refused", str(ClientError({}, "GetObject"))),
        (NoCredentialsError(), "no credentials", "Unable to locate credentials"),
        (PARTIAL, "no credentials", str(PARTIAL)),
        (NO_ENDPOINT, "no endpoint", str(NO_ENDPOINT)),
        (BROKEN, "broken off", str(BROKEN)),
        (ResponseParserError("no XML"), "broken off", "no XML"),
        (BotoCoreError(), "not sent", str(BotoCoreError())),
        (TimeoutError("late"), "broken off", "late"),
        (ValueError("odd"), "unusable", "odd"),
    ],
)
def test_what_an_error_means(error: Exception, meaning: Meaning, said: str | None) -> None:
    failure = failure_of(error)
    assert (failure.meaning, failure.said) == (meaning, str(error) if said is None else said)


def test_where_it_was_looked_for() -> None:
    assert failure_of(NO_ENDPOINT).endpoint == "http://there"
    assert failure_of(ReadTimeoutError(endpoint_url="http://there")).meaning == "broken off"


REFUSED = sorted(code for code, meaning in CODES.items() if meaning not in AWAY)


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_said_of_a_store_that_refuses(code: str) -> None:
    absent = code in {"404", "NoSuchKey", "NotFound"}
    kind = FileNotFoundError if absent else StoreUnreachable
    with pytest.raises(kind) as raised, _explained("s3://b/runs"):
        raise answer(code)
    assert type(raised.value) is kind
    assert str(raised.value) == (
        "s3://b/runs"
        if absent
        else f"cannot use s3://b/runs ({code}); check the bucket's name, your credentials, the "
        "region and the endpoint"
    )


NETWORK = "does not answer ({said}): check the network and the endpoint, or wait"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (answer("SlowDown"), "the store of X has too much to do ({said}): wait, or use fewer"),
        (answer("Odd", 500), "the store of X fails ({said}): look after it, or wait"),
        (answer("ExpiredToken"), "the credentials for X have run out ({said}): renew them"),
        (NO_ENDPOINT, "X " + NETWORK),
        (BROKEN, "X " + NETWORK),
        (TimeoutError("late"), "X " + NETWORK),
    ],
)
def test_what_is_said_of_a_store_that_is_away(error: Exception, sentence: str) -> None:
    with pytest.raises(StoreAway) as raised, _explained("X"):
        raise error
    assert str(raised.value).startswith(sentence.format(said=failure_of(error).said))


def test_what_a_store_cannot_be_asked() -> None:
    with (
        pytest.raises(StoreUnreachable, match=r"cannot use s3://b \(.*\); check"),
        _explained("s3://b"),
    ):
        raise NoCredentialsError


def test_what_is_none_of_boto3_passes_through_a_store() -> None:
    with pytest.raises(ValueError, match="own"), _explained("s3://b"):
        raise ValueError("own")
