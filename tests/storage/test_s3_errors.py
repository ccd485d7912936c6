"""What boto3's errors are taken for."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from lfr_batch.errors import StoreUnreachable
from lfr_batch.storage.s3_errors import CODES, Meaning, failure_of
from lfr_batch.storage.s3_store import _explained


def answer(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")


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
        (answer("ExpiredToken"), "bad credentials", "ExpiredToken"),
        (answer("412"), "condition failed", "412"),
        (answer("ConditionalRequestConflict"), "condition failed", "ConditionalRequestConflict"),
        (answer("NotImplemented"), "no conditions", "NotImplemented"),
        (answer("SlowDown"), "refused", "SlowDown"),
        (answer(""), "refused", str(answer(""))),
        (ClientError({}, "GetObject"), "refused", str(ClientError({}, "GetObject"))),
        (NoCredentialsError(), "no credentials", "Unable to locate credentials"),
        (PARTIAL, "no credentials", str(PARTIAL)),
        (NO_ENDPOINT, "no endpoint", str(NO_ENDPOINT)),
        (BROKEN, "broken off", str(BROKEN)),
        (BotoCoreError(), "broken off", str(BotoCoreError())),
        (TimeoutError("late"), "broken off", "late"),
        (ValueError("odd"), "unusable", "odd"),
    ],
)
def test_what_an_error_means(error: Exception, meaning: Meaning, said: str) -> None:
    failure = failure_of(error)
    assert (failure.meaning, failure.said) == (meaning, said)


def test_where_it_was_looked_for() -> None:
    assert failure_of(NO_ENDPOINT).endpoint == "http://there"
    assert failure_of(ReadTimeoutError(endpoint_url="http://there")).meaning == "broken off"


@pytest.mark.parametrize("code", sorted({*CODES, "SlowDown"}))
def test_what_is_said_of_a_store(code: str) -> None:
    absent = code in {"404", "NoSuchKey", "NotFound"}
    kind = FileNotFoundError if absent else StoreUnreachable
    with pytest.raises(kind) as raised, _explained("s3://b/runs"):
        raise answer(code)
    assert str(raised.value) == (
        "s3://b/runs"
        if absent
        else f"cannot use s3://b/runs ({code}); check the bucket's name, your credentials, the "
        "region and the endpoint"
    )


@pytest.mark.parametrize("error", [NO_ENDPOINT, NoCredentialsError(), BROKEN])
def test_what_a_store_cannot_be_asked(error: Exception) -> None:
    with pytest.raises(StoreUnreachable) as raised, _explained("s3://b"):
        raise error
    assert str(raised.value).startswith(f"cannot use s3://b ({error}); check")


def test_what_is_none_of_boto3_passes_through_a_store() -> None:
    with pytest.raises(ValueError, match="own"), _explained("s3://b"):
        raise ValueError("own")
