"""What is said of footage for each of boto3's errors."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ResponseStreamingError,
)

from lfr_batch.errors import FootageChanged, FootageGone, LfrError, StoreAway, StoreUnreachable
from lfr_batch.footage import s3

NO_ENDPOINT = EndpointConnectionError(endpoint_url="http://there")
BROKEN = ResponseStreamingError(error="reset")


def answer(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (
            answer("NoSuchBucket"),
            StoreUnreachable,
            "the bucket of X does not exist: check its name and endpoint",
        ),
        (answer("NotFound"), FootageGone, "X does not exist: check the key"),
        (
            answer("Forbidden"),
            StoreUnreachable,
            "X may not be read with these credentials (403): ask for s3:ListBucket and "
            "s3:GetObject, or set s3.requester_pays where the requester pays",
        ),
        (
            answer("InvalidToken"),
            StoreUnreachable,
            "the credentials for X are not accepted (InvalidToken): renew them",
        ),
        (
            answer("PreconditionFailed"),
            FootageChanged,
            "X was replaced while it was being read: scan it anew",
        ),
        (
            answer("NotImplemented"),
            StoreUnreachable,
            "X cannot be read: the store answers NotImplemented",
        ),
        (
            answer("SlowDown"),
            StoreAway,
            "the store of X has too much to do (SlowDown): wait, or use fewer workers",
        ),
        (
            answer("ExpiredToken"),
            StoreAway,
            "the credentials for X have run out (ExpiredToken): renew them",
        ),
        (
            NoCredentialsError(),
            StoreUnreachable,
            "there are no credentials for X: set AWS_PROFILE or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY",
        ),
        (
            NO_ENDPOINT,
            StoreAway,
            "X cannot be reached at http://there: check s3.endpoint_url and the network",
        ),
        (BROKEN, StoreAway, f"X cannot be read: {BROKEN}"),
        (ValueError("odd"), StoreUnreachable, "X are not usable: odd"),
    ],
)
def test_what_is_said_of_footage(error: Exception, kind: type[LfrError], sentence: str) -> None:
    with pytest.raises(LfrError) as raised, s3._explained("X"):
        raise error
    assert (type(raised.value), str(raised.value)) == (kind, sentence)
    assert raised.value.__cause__ is error
