"""What becomes of an alert that a camera offers. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from lfr_batch.live.alerts.cool_down import is_due
from lfr_batch.live.alerts.register import Register
from lfr_batch.live.records import Alert

Answer = Literal["new", "repeated", "held", "too_soon"]
"""``new``: to be raised; ``repeated``: raised already, perhaps deleted since; ``held``: shown
already, and not written yet; ``too_soon``: within the cool-down, to be forgotten."""


def answer_to(alert: Alert, register: Register, cool_down_s: float) -> Answer:
    if alert.alert_id in register.held.alerts:
        return "held"
    if alert.alert_id in register.alerts or alert.alert_id in register.deleted:
        return "repeated"
    return "new" if is_due(register.last_raised, alert, cool_down_s) else "too_soon"


def raised(alert: Alert, now: datetime) -> Alert:
    """``alert`` as raised at ``now``, once and for all; what of its time until then no stage had
    used went into raising it."""
    times = replace(alert.times, raise_s=0.0)
    raise_s = (now - alert.captured_at).total_seconds() - times.total_s
    return replace(alert, raised_at=now, times=replace(times, raise_s=max(raise_s, 0.0)))
