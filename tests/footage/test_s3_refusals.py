"""What is said of footage for each of boto3's errors."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ResponseStreamingError,
)

from lfr_batch.errors import FootageChanged, FootageGone, LfrError, StoreUnreachable
from lfr_batch.footage import s3

NO_ENDPOINT = EndpointConnectionError(endpoint_url="http://there")
BROKEN = ResponseStreamingError(error="reset")


def answer(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")


def fail(error: Exception) -> None:
    raise error


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
        (answer("SlowDown"), StoreUnreachable, "X cannot be read: the store answers SlowDown"),
        (
            NoCredentialsError(),
            StoreUnreachable,
            "there are no credentials for X: set AWS_PROFILE or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY",
        ),
        (
            NO_ENDPOINT,
            StoreUnreachable,
            "X cannot be reached at http://there: check s3.endpoint_url and the network",
        ),
        (BROKEN, StoreUnreachable, f"X cannot be read: {BROKEN}"),
        (ValueError("odd"), StoreUnreachable, "X are not usable: odd"),
    ],
)
def test_what_is_said_of_footage(error: Exception, kind: type[LfrError], sentence: str) -> None:
    with pytest.raises(LfrError) as raised, s3._explained("X"):
        raise error
    assert (type(raised.value), str(raised.value)) == (kind, sentence)
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", [BROKEN, OSError("reset")])
def test_a_transfer_that_breaks_off_is_tried_again(error: Exception) -> None:
    with s3._explained("X", last_attempt=False):
        fail(error)
    with pytest.raises(StoreUnreachable), s3._explained("X", last_attempt=False):
        raise answer("SlowDown")
