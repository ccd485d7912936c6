"""When S3 is asked again: one policy for all that is read and written there.

Where waiting helps (``s3_errors.AWAY``), for a minute, after pauses that grow and are drawn at
random (exponential back-off with full jitter), so that a thousand workers do not come back to a
store at once. AWS_MAX_ATTEMPTS, or a profile's max_attempts, limits the attempts, too. What fails
after that is for the run: it pauses as a whole (``work/circuit.py``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import count
from random import uniform
from time import monotonic, sleep
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import HTTPClientError

from lfr_batch.storage import s3_client
from lfr_batch.storage.s3_errors import BOTO_ERRORS, OTHER_CREDENTIALS, S3Failure, failure_of
from lfr_batch.storage.store import PATIENCE_S, S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

T = TypeVar("T")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 8.0
"""Drawn from 0 to this, which doubles with each attempt."""

logger = logging.getLogger(__name__)


def asked(s3: S3Settings, request: Callable[[S3Client], T], patience_s: float = PATIENCE_S) -> T:
    """What ``request`` gives, sent again for ``patience_s`` while waiting helps.

    Credentials that are not accepted are read anew before the next attempt. Raises what boto3
    raised last.
    """
    s3_client.client(s3)  # the first takes a while to make
    ends_s = monotonic() + patience_s
    for attempt in count(1):
        store = s3_client.client(s3)
        try:
            return _answered(request, store)
        except (*BOTO_ERRORS, OSError) as error:
            failure = failure_of(error)
            if failure.meaning in OTHER_CREDENTIALS:
                s3_client.renew(s3, store)
            pause_s = uniform(0, longest_pause_s(attempt))
            if not _is_tried_again(failure, attempt, ends_s - monotonic() - pause_s):
                raise
            logger.info("S3 is asked again in %.1f s: %s", pause_s, failure.said)
        sleep(pause_s)
    raise AssertionError("there is always another attempt")


def _answered(request: Callable[[S3Client], T], to: S3Client) -> T:
    """botocore takes a server's own error (5xx) that came with a checksum for the object that was
    asked for, and trips over it: then it is one that was broken off."""
    try:
        return request(to)
    except AttributeError as error:
        if "StreamingChecksumBody" not in str(error):
            raise
        raise HTTPClientError(error=error) from error


def longest_pause_s(attempt: int) -> float:
    """After the first, second … attempt."""
    doublings = min(attempt - 1, 16)
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**doublings)


def _is_tried_again(failure: S3Failure, attempt: int, left_s: float) -> bool:
    most = s3_client.most_attempts()
    if left_s < 0 or (most is not None and attempt >= most):
        return False
    once_more = failure.meaning in OTHER_CREDENTIALS and attempt == 1
    return failure.is_away or once_more
