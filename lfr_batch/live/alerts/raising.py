"""What becomes of an alert that a camera offers. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from lfr_batch.live.alerts.cool_down import is_due
from lfr_batch.live.alerts.register import Register
from lfr_batch.live.records import Alert

Answer = Literal["new", "repeated", "held", "too_soon"]
"""``new``: to be raised; ``repeated``: raised already, perhaps deleted since; ``held``: shown
already, and not written yet; ``too_soon``: within the cool-down, to be forgotten."""


@dataclass(frozen=True, slots=True)
class RaisingTerms:
    cool_down_s: float
    volunteers: Collection[str] = frozenset()
    """Subjects who pass on purpose."""
    volunteers_cool_down_s: float = 0.0

    def cool_down_of(self, alert: Alert) -> float:
        is_volunteer = alert.subject_id in self.volunteers
        return self.volunteers_cool_down_s if is_volunteer else self.cool_down_s


def answer_to(alert: Alert, register: Register, terms: RaisingTerms) -> Answer:
    if alert.alert_id in register.held.alerts:
        return "held"
    if alert.alert_id in register.alerts or alert.alert_id in register.deleted:
        return "repeated"
    return "new" if is_due(register.last_raised, alert, terms.cool_down_of(alert)) else "too_soon"


def raised(alert: Alert, now: datetime, terms: RaisingTerms) -> Alert:
    """``alert`` as raised at ``now``, once and for all; what of its time until then no stage had
    used went into raising it. Whether it is a volunteer's is said here, whatever its camera says.
    """
    times = replace(alert.times, raise_s=0.0)
    raise_s = (now - alert.captured_at).total_seconds() - times.total_s
    return replace(
        alert,
        raised_at=now,
        times=replace(times, raise_s=max(raise_s, 0.0)),
        volunteer=alert.subject_id in terms.volunteers,
    )
