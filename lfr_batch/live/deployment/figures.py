"""What a deployment came to, in numbers: kept for good, without anything biometric. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from lfr_batch.live.deployment.composition import Composition
from lfr_batch.live.deployment.counts import Decision, FacesSeen, live_counts
from lfr_batch.live.deployment.recognition_rate import SeedingFigures
from lfr_batch.live.deployment.window import Reason
from lfr_batch.live.records import DeploymentRecord, LiveCounts, Outcome, Verdict

UNKNOWN_CAMERA = "not known"
"""Of an alert that was deleted before anybody counted it."""


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True)


class CameraFigures(_Figures):
    camera: str
    faces_seen: int = 0
    frames_received: int = 0
    frames_dropped: int = 0
    frames_damaged: int = 0
    frames_analysed: int = 0
    reconnects: int = 0
    live_s: float = 0.0
    down_s: float = 0.0
    """Without a picture."""
    blind_s: float = 0.0
    """Nobody looked at its pictures: what looks at them was being started anew."""
    look_ms_p50: float = 0.0
    look_ms_p99: float = 0.0


class AlertFigures(_Figures):
    """Alerts that have all of this in common."""

    camera: str
    minute: int
    """Since the start, from 0."""
    verdict: Verdict | None = None
    outcome: Outcome | None = None
    alerts: int = 1


class MinuteFigures(_Figures):
    camera: str
    minute: int
    faces_seen: int = 0
    down_s: float = 0.0
    blind_s: float = 0.0


class Figures(_Figures):
    record: DeploymentRecord
    name: str
    window_starts_at: datetime
    window_ends_at: datetime
    as_of: datetime
    ended_at: datetime | None = None
    """None until it has ended, and for good if its process was killed."""
    reason: Reason | None = None
    aimed: bool = False
    """Its cameras were aimed first: that time is neither live nor down."""
    watching_since: datetime | None = None
    """Of one that was aimed; None where watching was not begun."""
    watchlist_gone_at: datetime | None = None
    """When its copy of the watchlist was verified to be destroyed."""
    undelivered: dict[str, int] = {}
    """Sink → alerts and reviews that it had not taken at the end, and has not taken since."""
    unkept: int = 0
    """Alerts that were shown and could not be kept, beside ``alerts``; lost if it has ended."""
    cut_off: bool = False
    """Its parts had no last word: what came last, and may be lost, is not known."""
    extrapolated: bool = False
    """The threshold is for a rate that is lower than any the model pack was calibrated for."""
    restarts: dict[str, int] = {}
    """Part → how often it was lost and started anew; only parts that were."""
    cameras: tuple[CameraFigures, ...] = ()
    alerts: tuple[AlertFigures, ...] = ()
    minutes: tuple[MinuteFigures, ...] = ()
    watchlist: Composition | None = None
    """None for deployments of before 0.3.0."""
    seeding: SeedingFigures | None = None
    """None where there were no volunteers."""

    @property
    def alerts_in_all(self) -> int:
        return sum(group.alerts for group in self.alerts)

    @property
    def undecided(self) -> int:
        """Alerts that nobody has reviewed."""
        return sum(group.alerts for group in self.alerts if group.verdict is None)

    @property
    def at_least(self) -> bool:
        """Whether there may have been more than was counted, which was not written down."""
        return self.ended_at is None or self.cut_off


def counts(figures: Figures, camera: str | None = None) -> LiveCounts:
    """Of one camera, or of all together."""
    groups = [g for g in figures.alerts if camera in {None, g.camera}]
    made = (Decision(g.verdict, g.outcome) for g in groups for _ in range(g.alerts))
    seen = [c for c in figures.cameras if camera in {None, c.camera}]
    return live_counts(made, {c.camera: FacesSeen(now=c.faces_seen) for c in seen})


def engagements(counted: LiveCounts) -> int:
    """People whom officers spoke to: those who were arrested, too."""
    return counted.outcomes.get("engaged", 0) + arrests(counted)


def arrests(counted: LiveCounts) -> int:
    return counted.outcomes.get("arrested", 0)


def lost_alerts(number: int) -> str:
    alerts = "1 alert that was shown is" if number == 1 else f"{number} alerts that were shown are"
    return f"{alerts} lost, since the disk had no room to keep them."


def grouped(alerts: Iterable[AlertFigures]) -> tuple[AlertFigures, ...]:
    """Alike ones together, in order of minute and camera."""
    sums: dict[tuple[int, str, str, str], AlertFigures] = {}
    for each in alerts:
        key = (each.minute, each.camera, each.verdict or "", each.outcome or "")
        more = sums[key].alerts if key in sums else 0
        sums[key] = each.model_copy(update={"alerts": each.alerts + more})
    return tuple(sums[key] for key in sorted(sums))


def moved(
    known: Iterable[AlertFigures], before: Iterable[AlertFigures], after: Iterable[AlertFigures]
) -> tuple[AlertFigures, ...]:
    """``known`` where alerts that were counted as ``before`` are now counted as ``after``."""
    left = Counter({each.model_copy(update={"alerts": 1}): each.alerts for each in known})
    left -= Counter({each.model_copy(update={"alerts": 1}): each.alerts for each in before})
    others = (each.model_copy(update={"alerts": number}) for each, number in left.items())
    return grouped([*others, *after])


def cameras_of(figures: Figures) -> Sequence[str]:
    """Those of the deployment, and after them any that only alerts name."""
    others = {g.camera for g in figures.alerts} - set(figures.record.cameras)
    return (*figures.record.cameras, *sorted(others))
