"""What a deployment came to, in numbers: kept for good, without anything biometric.

They are written beside the run's request in the results (``_state/run_id=…/deployment.json``),
now and then while the deployment runs, once more when it has ended, and again when something is
delivered later: so it can be reported on after its alerts were deleted, or its process killed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from lfr_batch.errors import ResultsError
from lfr_batch.live.counts import Decision, FacesSeen, live_counts
from lfr_batch.live.deployment import Reason
from lfr_batch.live.records import DeploymentRecord, LiveCounts, Outcome, Verdict
from lfr_batch.results import layout
from lfr_batch.results.store import Store

FIGURES = "deployment.json"
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


class Figures(_Figures):
    record: DeploymentRecord
    name: str
    window_starts_at: datetime
    window_ends_at: datetime
    as_of: datetime
    ended_at: datetime | None = None
    """None until it has ended, and for good if its process was killed."""
    reason: Reason | None = None
    watchlist_gone_at: datetime | None = None
    """When its copy of the watchlist was verified to be destroyed."""
    undelivered: dict[str, int] = {}
    """Sink → alerts and reviews that it had not taken at the end, and has not taken since."""
    cameras: tuple[CameraFigures, ...] = ()
    alerts: tuple[AlertFigures, ...] = ()
    minutes: tuple[MinuteFigures, ...] = ()

    @property
    def alerts_in_all(self) -> int:
        return sum(group.alerts for group in self.alerts)


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


def grouped(alerts: Iterable[AlertFigures]) -> tuple[AlertFigures, ...]:
    """Alike ones together, in order of minute and camera."""
    sums: dict[tuple[int, str, str, str], AlertFigures] = {}
    for each in alerts:
        key = (each.minute, each.camera, each.verdict or "", each.outcome or "")
        more = sums[key].alerts if key in sums else 0
        sums[key] = each.model_copy(update={"alerts": each.alerts + more})
    return tuple(sums[key] for key in sorted(sums))


def cameras_of(figures: Figures) -> Sequence[str]:
    """Those of the deployment, and after them any that only alerts name."""
    others = {g.camera for g in figures.alerts} - set(figures.record.cameras)
    return (*figures.record.cameras, *sorted(others))


def save_figures(store: Store, figures: Figures) -> None:
    """Raises StoreFull, StoreUnreachable."""
    path = layout.state(figures.record.deployment_id, FIGURES)
    store.write_atomic(path, figures.model_dump_json(indent=1).encode() + b"\n")


def load_figures(store: Store, deployment_id: str) -> Figures | None:
    """None where there are none. Raises ResultsError for damaged ones, StoreUnreachable."""
    path = layout.state(deployment_id, FIGURES)
    try:
        return Figures.model_validate_json(store.read(path))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise ResultsError(
            f"{path} in {store.uri} is damaged or of another version; restore it from a copy"
        ) from error
