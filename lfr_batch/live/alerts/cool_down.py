"""One alert per person and camera within the cool-down. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from lfr_batch.live.records import Alert

LastRaised = Mapping[tuple[str, str], datetime]
"""(camera, subject) → capture time of the last alert that was raised."""


def is_due(last: LastRaised, alert: Alert, cool_down_s: float) -> bool:
    """Whether ``alert`` may be raised. One that was captured earlier but comes later is held to
    the same distance."""
    before = last.get(_key(alert))
    return before is None or abs((alert.captured_at - before).total_seconds()) >= cool_down_s


def with_raised(last: LastRaised, alert: Alert) -> LastRaised:
    return {**last, _key(alert): _latest(last, alert)}


def restored(alerts: Iterable[Alert]) -> LastRaised:
    last: dict[tuple[str, str], datetime] = {}
    for alert in alerts:
        last[_key(alert)] = _latest(last, alert)
    return last


def _latest(last: LastRaised, alert: Alert) -> datetime:
    return max(last.get(_key(alert), alert.captured_at), alert.captured_at)


def _key(alert: Alert) -> tuple[str, str]:
    return alert.camera, alert.subject_id
