"""How a deployment stands, or stood at its end: what is known beside its figures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lfr_batch.live.deployment.figures import Figures, lost_alerts
from lfr_batch.live.deployment.watchlist_receipt import Receipt
from lfr_batch.live.deployment.window import Reason

CUT_OFF = (
    "Its alert router did not answer at the end: alerts of the last moments may be lost, and faces "
    "not counted."
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Each thing as far as is known."""

    reason: Reason = "failed"
    """Why it is over; until something else ends it, whatever does is a failure."""
    restarts: Mapping[str, int] = field(default_factory=dict)
    unkept: int = 0
    """Alerts that are only shown; lost once it has ended."""
    cut_off: bool = False
    receipt: Receipt | None = None
    """Of its own copy of the watchlist."""
    error: BaseException | None = None
    """To be raised once nothing is left of the watchlist."""


def interrupted(standing: Standing, error: BaseException) -> Standing:
    """By an error before its time was over, or by whoever stopped it."""
    stopped = isinstance(error, KeyboardInterrupt | SystemExit)
    return replace(standing, reason="stopped" if stopped else standing.reason, error=error)


def with_last_word(standing: Standing, lost: int | None) -> Standing:
    """``lost``: of an engine that has ended, ``LiveEngine.lost``."""
    if lost is None:
        return replace(standing, cut_off=True)
    return replace(standing, unkept=lost)


def losses(standing: Standing) -> str:
    """Begins with a space; nothing where nothing is lost."""
    known = f" {lost_alerts(standing.unkept)}" if standing.unkept else ""
    return f"{known} {CUT_OFF}" if standing.cut_off else known


def had_failures(figures: Figures) -> bool:
    """Of one that went on to its end."""
    unseen = any(not camera.frames_received for camera in figures.cameras)
    return bool(unseen or figures.undelivered or figures.unkept or figures.cut_off)


def totals_of(figures: Figures) -> dict[str, int | float]:
    """The columns of ``runs`` that fit: a camera is footage, an alert a sighting."""
    return {
        "footage": len(figures.cameras),
        "footage_failed": sum(not camera.frames_received for camera in figures.cameras),
        "sightings": figures.alerts_in_all,
        "media_s": sum(camera.live_s for camera in figures.cameras),
    }
