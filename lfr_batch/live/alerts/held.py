"""Alerts that are shown though they cannot be written: in their order, until they can be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lfr_batch.errors import StoreError
from lfr_batch.live.records import Alert


@dataclass(frozen=True, slots=True)
class Held:
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    """By id, in the order in which they came, with their pictures."""
    refusal: StoreError | None = None
    """Why nothing can be written at the moment."""


def with_held(held: Held, alert: Alert) -> Held:
    return replace(held, alerts={**held.alerts, alert.alert_id: alert})


def with_written(held: Held, alert_id: str) -> Held:
    """Without an alert that is on the disk now; with the last one, the refusal is over."""
    left = {key: alert for key, alert in held.alerts.items() if key != alert_id}
    return Held(left, held.refusal if left else None)


def with_answer(held: Held, refusal: StoreError | None) -> Held:
    """What the disk said last; None: it takes what it is given. As long as alerts are held it has
    refused something."""
    if refusal is None and held.alerts:
        return held
    return replace(held, refusal=refusal)


def is_news(before: Held, after: Held) -> bool:
    """Whether a refusal has begun or ended."""
    return (before.refusal is None) != (after.refusal is None)


def count_unkept(held: Held) -> int:
    """Alerts that are only shown; what a volunteer brought up is none."""
    return sum(not alert.volunteer for alert in held.alerts.values())


def refused(held: Held, what: str = "") -> StoreError:
    """To be raised. A new one each time: one that was raised holds on to where that was."""
    error = held.refusal or StoreError("the alert is not written yet; try again")
    return type(error)(f"{what}{error}")


def trouble_of(held: Held) -> str | None:
    """One sentence; None while all is well."""
    if held.refusal is None:
        return None
    so_far = f" ({len(held.alerts)} are only shown)" if held.alerts else ""
    return f"alerts cannot be kept{so_far}: {held.refusal}"
