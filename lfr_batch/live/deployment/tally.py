"""Counts a running deployment, by camera and minute, without a picture or a name.

Faces and health come from what the cameras report; alerts and reviews from the sealed files, which
are the truth also while the router is being restarted, and after it has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lfr_batch.errors import LiveError, SealBroken
from lfr_batch.live.alerts.camera_orders import read_begun
from lfr_batch.live.alerts.sealed import load_seal
from lfr_batch.live.alerts.spool import Spool
from lfr_batch.live.deployment.counts import (
    Decision,
    FacesSeen,
    decision_of,
    latest_reviews,
    with_faces,
)
from lfr_batch.live.deployment.figures import (
    UNKNOWN_CAMERA,
    AlertFigures,
    CameraFigures,
    MinuteFigures,
    grouped,
)
from lfr_batch.live.deployment.recognition_rate import Recognition, recognition_of
from lfr_batch.live.records import Alert, CameraHealth, Review
from lfr_batch.storage.local_store import LocalStore

DOWN = frozenset({"starting", "stalled", "reconnecting", "refused"})


@dataclass(frozen=True, slots=True)
class _Raised:
    camera: str
    at: datetime
    volunteer: bool


@dataclass(slots=True)
class _Camera:
    health: CameraHealth | None = None
    faces: FacesSeen = field(default_factory=FacesSeen)
    live_s: float = 0.0
    down_s: float = 0.0
    blind_s: float = 0.0
    newly_blind_s: float = 0.0
    """Since it was heard the last time."""


class Tally:
    """``folder`` is the router's, on this machine."""

    def __init__(self, folder: Path, deployment_id: str, started_at: datetime) -> None:
        self._place, self._id, self._started_at = LocalStore(folder), deployment_id, started_at
        self._spool: Spool | None = None
        self._numbers: dict[str, int] = {}
        """Of each sealed file that was read."""
        self._alerts: dict[str, _Raised] = {}
        self._volunteers: dict[str, Recognition] = {}
        self._reviews: dict[str, Review] = {}
        self._deleted: dict[str, Decision] = {}
        self._cameras: dict[str, _Camera] = {}
        self._minutes: dict[tuple[int, str], MinuteFigures] = {}

    def hear(self, health: Iterable[CameraHealth], elapsed_s: float, since_s: float) -> None:
        """What the cameras say ``elapsed_s`` after the start, ``since_s`` after the last time."""
        for each in health:
            known = self._cameras.setdefault(each.camera, _Camera())
            seen = with_faces(known.faces, each.faces_seen)
            more = seen.before + seen.now - known.faces.before - known.faces.now
            looked_at_s = max(since_s - known.newly_blind_s, 0.0)
            down_s = looked_at_s if each.state in DOWN else 0.0
            known.health, known.faces, known.newly_blind_s = each, seen, 0.0
            known.down_s += down_s
            known.live_s += looked_at_s if each.state == "live" else 0.0
            self._add(each.camera, int(elapsed_s // 60), faces=more, down_s=down_s)

    def nobody_looked(self, blind_s: Mapping[str, float], elapsed_s: float) -> None:
        """For how much longer than was said before; by camera, whatever it says of itself."""
        for camera, more_s in blind_s.items():
            known = self._cameras.setdefault(camera, _Camera())
            known.blind_s += more_s
            known.newly_blind_s += more_s
            self._add(camera, int(elapsed_s // 60), blind_s=more_s)

    def read_spool(self) -> None:
        """What was raised and decided since the last time. Raises StoreUnreachable."""
        spool = self._opened()
        if spool is None:
            return
        for name in spool.names():
            if name not in self._numbers:
                self._read(spool, name)
        self._deleted = spool.forgotten()

    def read_last_faces(self) -> None:
        """The cameras' last word, which the router wrote down when it was closed, if it could."""
        spool = self._opened()
        for camera, seen in spool.faces().items() if spool else ():
            known = self._cameras.setdefault(camera, _Camera())
            known.faces = max(known.faces, seen, key=lambda faces: faces.before + faces.now)

    def watching_since(self) -> datetime | None:
        """Of a deployment that was aimed; None where that is not known either."""
        with suppress(LiveError):
            begun = read_begun(self._place)
            return begun.at if begun else None
        return None

    def undelivered(self, sinks: Iterable[str]) -> dict[str, int]:
        """By sink, how many alerts and reviews it has not taken; only sinks that lack any."""
        spool = self._opened()
        if spool is None:
            return {}
        numbers = [self._numbers[name] for name in spool.names() if name in self._numbers]
        waiting = {s: sum(n > spool.delivered(s) for n in numbers) for s in sinks}
        return {sink: number for sink, number in waiting.items() if number}

    @property
    def reviews(self) -> int:
        """How many were read."""
        return len(self._reviews)

    @property
    def recognitions(self) -> Mapping[str, Recognition]:
        """By id, the alerts of volunteers: also those that are deleted since they were read."""
        return self._volunteers

    def alerts(self) -> tuple[AlertFigures, ...]:
        return grouped(self._each_alert())

    def cameras(self, names: Sequence[str]) -> tuple[CameraFigures, ...]:
        return tuple(_figures(name, self._cameras.get(name, _Camera())) for name in names)

    def minutes(self) -> tuple[MinuteFigures, ...]:
        return tuple(self._minutes[key] for key in sorted(self._minutes))

    def _opened(self) -> Spool | None:
        if self._spool is None:
            try:
                self._spool = Spool(self._place, load_seal(self._place, self._id))
            except (FileNotFoundError, SealBroken):  # not there yet, or not any more
                return None
        return self._spool

    def _read(self, spool: Spool, name: str) -> None:
        try:
            item = spool.read(name)
        except (FileNotFoundError, SealBroken):  # the router says so
            return
        self._numbers[name], record = item.number, item.record
        if isinstance(record, Alert):
            self._alerts[record.alert_id] = _Raised(
                record.camera, record.raised_at, record.volunteer
            )
            if record.volunteer:
                self._volunteers[record.alert_id] = recognition_of(record)
        else:
            self._reviews[record.review_id] = record

    def _each_alert(self) -> Iterator[AlertFigures]:
        latest = latest_reviews(self._reviews.values())
        for alert_id in {**self._alerts, **self._deleted}:
            made = self._deleted.get(alert_id) or decision_of(latest.get(alert_id))
            raised = self._alerts.get(alert_id)
            if made.volunteer or (raised and raised.volunteer):
                continue
            yield AlertFigures(
                camera=raised.camera if raised else UNKNOWN_CAMERA,
                minute=minute_of(raised.at, self._started_at) if raised else 0,
                verdict=made.verdict,
                outcome=made.outcome,
            )

    def _add(
        self,
        camera: str,
        minute: int,
        faces: int = 0,
        down_s: float = 0.0,
        blind_s: float = 0.0,
    ) -> None:
        if not (faces or down_s or blind_s):
            return
        known = self._minutes.get((minute, camera), MinuteFigures(camera=camera, minute=minute))
        self._minutes[minute, camera] = MinuteFigures(
            camera=camera,
            minute=minute,
            faces_seen=known.faces_seen + faces,
            down_s=known.down_s + down_s,
            blind_s=known.blind_s + blind_s,
        )


def minute_of(moment: datetime, started_at: datetime) -> int:
    return max(int((moment - started_at).total_seconds() // 60), 0)


def _figures(name: str, known: _Camera) -> CameraFigures:
    health = known.health
    return CameraFigures(
        camera=name,
        faces_seen=known.faces.before + known.faces.now,
        frames_received=health.frames_received if health else 0,
        frames_dropped=health.frames_dropped if health else 0,
        frames_damaged=health.frames_damaged if health else 0,
        frames_analysed=health.frames_analysed if health else 0,
        reconnects=health.reconnects if health else 0,
        live_s=round(known.live_s, 1),
        down_s=round(known.down_s, 1),
        blind_s=round(known.blind_s, 1),
        look_ms_p50=round(health.look_ms_p50, 1) if health else 0.0,
        look_ms_p99=round(health.look_ms_p99, 1) if health else 0.0,
    )
