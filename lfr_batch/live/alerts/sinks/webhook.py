"""Alerts and reviews as signed HTTP requests, without pictures.

``POST`` with the JSON object of ``codec.message`` and these headers:

- ``LFR-Delivery``: ``alert:<id>`` or ``review:<id>``. What was sent may come again after a
  failure: the receiver knows it by this.
- ``LFR-Timestamp``: seconds since 1970, UTC, of this attempt.
- ``LFR-Signature``: ``v1=`` and the hex HMAC-SHA256, with the shared secret, of the timestamp, a
  full stop and the body. A receiver refuses what is not signed or more than some minutes old.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time

import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry, Timeout

from lfr_batch.errors import ConfigError
from lfr_batch.live.alerts.codec import message
from lfr_batch.live.alerts.sinks.delivery import SLOW_WAIT_S, Deliver, Setting, Trouble
from lfr_batch.live.records import Alert, Review

_MAY_MEND = frozenset({408, 429})
"""Refusals (4xx) of the moment, not of the request."""


def open_webhook(setting: Setting) -> Deliver | None:
    """Raises ConfigError if the secret is not in the environment."""
    webhook = setting.config.alerts.webhook
    if webhook is None:
        return None
    secret = os.environ.get(webhook.secret_env, "").encode()
    if not secret:
        raise ConfigError(
            f"the webhook's secret is not there: set the environment variable {webhook.secret_env}"
        )
    # One connection is enough for one thread; trying again and following is not the library's.
    pool = urllib3.PoolManager(
        num_pools=1, maxsize=1, timeout=Timeout(total=webhook.timeout_s), retries=False
    )

    def deliver(record: Alert | Review) -> Trouble | None:
        return _post(pool, webhook.url, secret, record)

    return deliver


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    signed = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={signed.hexdigest()}"


def _post(
    pool: urllib3.PoolManager, url: str, secret: bytes, record: Alert | Review
) -> Trouble | None:
    told = message(record)
    body, timestamp = json.dumps(told).encode(), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "LFR-Delivery": f"{told['kind']}:{told['id']}",
        "LFR-Timestamp": timestamp,
        "LFR-Signature": signature(secret, timestamp, body),
    }
    try:
        answer = pool.request("POST", url, body=body, headers=headers, redirect=False)
    except HTTPError as error:
        return Trouble(f"the webhook does not answer ({type(error).__name__})")
    return trouble_of(answer.status, answer.headers.get("Retry-After"))


def trouble_of(status: int, retry_after: str | None) -> Trouble | None:
    """What an answer means: 2xx is delivered; 5xx, 408 and 429 are tried again soon, or when the
    receiver says; anything else slowly, since somebody has to mend it."""
    if 200 <= status < 300:
        return None
    said = f"the webhook answered {status}"
    if status >= 500 or status in _MAY_MEND:
        return Trouble(said, _seconds(retry_after))
    return Trouble(f"{said}: it refuses what it is sent", SLOW_WAIT_S)


def _seconds(retry_after: str | None) -> float | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    try:
        return Retry().parse_retry_after(retry_after)
    except InvalidHeader:
        return None
