"""A camera's loop: newest frame, look, alerts to the router, health every second."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic, monotonic_ns, sleep
from typing import Protocol

import numpy as np

from lfr_batch.errors import LfrError
from lfr_batch.faces.turns import Turn
from lfr_batch.footage.stream_decode import StreamFrame
from lfr_batch.footage.stream_health import StreamStats
from lfr_batch.live.records import Alert, CameraHealth
from lfr_batch.live.watching.camera import (
    AnsweredLook,
    Arrival,
    CameraState,
    Watch,
    alert_of,
    end_tracks,
    look_at,
)
from lfr_batch.live.watching.pace import pause_s

logger = logging.getLogger(__name__)

REPORT_S = 1.0
FRAME_WAIT_S = 0.25
RETRY_S = 0.2
LAST_TRIES_S = 2.5
RECENT_LOOKS = 256


class Reader(Protocol):
    """A camera's newest frame, as ``footage.streams.StreamReader`` gives it."""

    def newest(self, timeout_s: float) -> StreamFrame | None: ...

    def stats(self) -> StreamStats: ...


@dataclass(slots=True)
class Meter:
    """How the looks of a camera went."""

    looks: int = 0
    missed: int = 0
    """Frames that no answer came for."""
    look_ms: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT_LOOKS))
    looked_s: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT_LOOKS))
    quickest_s: dict[Turn, float] = field(default_factory=dict)
    """Of all looks of a kind at whole pictures, until the analyst had answered."""

    def add(self, arrived_ns: int) -> None:
        self.looks += 1
        self.look_ms.append((monotonic_ns() - arrived_ns) / 1e6)
        self.looked_s.append(monotonic())

    def pause_s(self, look: AnsweredLook | None) -> float:
        """Before the next look, by how long the analyst took for this one; None: it was not asked.

        A thorough look takes longer than a quick one, and a whole picture than its part, though
        nobody else waits: what is compared is alike, or takes at least as long by itself.
        """
        if look is None:
            return 0.0
        quickest_s = self.quickest_s.get(look.turn, look.answered_s)
        if look.is_whole:
            quickest_s = self.quickest_s[look.turn] = min(quickest_s, look.answered_s)
        return pause_s(look.answered_s, quickest_s)

    def fps(self, over_s: float = 5.0) -> float:
        recent = [moment for moment in self.looked_s if moment > monotonic() - over_s]
        return len(recent) / over_s

    def percentile_ms(self, share: float) -> float:
        return float(np.percentile(self.look_ms, share)) if self.look_ms else 0.0


class Outbox:
    """Alerts on their way to the router: each is offered again until it is taken."""

    def __init__(self, raise_alert: Callable[[Alert], bool], stopping: Event) -> None:
        self._raise_alert = raise_alert
        self._stopping = stopping
        self._waiting: SimpleQueue[Alert] = SimpleQueue()
        self._refused: set[str] = set()
        """Alerts of which it was said that they wait."""
        self._thread = Thread(target=self._serve, name="outbox", daemon=True)
        self._thread.start()

    def put(self, alert: Alert) -> None:
        self._waiting.put(alert)

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _serve(self) -> None:
        """One that is refused does not keep the others back: a router whose disk is full shows
        each of them."""
        offered: list[Alert] = []
        last_try_s: float | None = None
        while not (self._stopping.is_set() and self._waiting.empty() and not offered):
            offered += self._new()
            offered = [alert for alert in offered if not self._is_taken(alert)]
            if offered and self._stopping.is_set():
                last_try_s = last_try_s or monotonic() + LAST_TRIES_S
                if monotonic() >= last_try_s:
                    logger.error("%d alerts were not taken by the router", len(offered))
                    return
            if offered:
                sleep(RETRY_S)

    def _new(self) -> list[Alert]:
        """What was put since the last time; waits a moment for the first."""
        found: list[Alert] = []
        with suppress(Empty):
            found.append(self._waiting.get(timeout=FRAME_WAIT_S))
            while True:
                found.append(self._waiting.get_nowait())
        return found

    def _is_taken(self, alert: Alert) -> bool:
        try:
            self._raise_alert(alert)
        except LfrError as error:
            if alert.alert_id not in self._refused:
                logger.warning("alert %s waits: %s", alert.alert_id, error)
            self._refused.add(alert.alert_id)
            return False
        self._refused.discard(alert.alert_id)
        return True


def watch_camera(
    reader: Reader,
    watch: Watch,
    outbox: Outbox,
    tell: Callable[[CameraHealth], None],
    before: CameraHealth | None,
    stopping: Event,
) -> None:
    """Until ``stopping``. ``before`` is the health an earlier, lost loop last reported."""
    state, meter, reported_s = CameraState(), Meter(), 0.0
    seen_s = monotonic()
    while not stopping.is_set():
        looked_s, held_back_s = monotonic(), 0.0
        frame = reader.newest(FRAME_WAIT_S)
        if frame is not None:
            try:
                state = look_at(state, Arrival(frame, frame.arrived_ns), watch)
                seen_s = monotonic()
                meter.add(frame.arrived_ns)
                held_back_s = meter.pause_s(state.answered)
            except LfrError as error:
                logger.warning("camera %s: a frame was not looked at: %s", watch.camera, error)
                meter.missed += 1
        del frame
        if monotonic() - seen_s > watch.config.track.max_gap_s:
            state = end_tracks(state, watch)
        state = _with_pictures(state, watch, outbox)
        if monotonic() - reported_s >= REPORT_S:
            tell(health_of(watch.camera, reader.stats(), state, meter, before))
            reported_s = monotonic()
        due_s = looked_s + 1 / watch.config.watch.looks_per_s
        stopping.wait(max(held_back_s, due_s - monotonic()))
    state = end_tracks(state, watch)
    last = health_of(watch.camera, reader.stats(), state, meter, before)
    tell(replace(last, state="ended"))


def _with_pictures(state: CameraState, watch: Watch, outbox: Outbox) -> CameraState:
    """What is proposed becomes alerts; an analyst that is away is asked again a moment later."""
    try:
        while state.proposals:
            outbox.put(alert_of(state.proposals[0], watch))
            state = replace(state, proposals=state.proposals[1:])
    except LfrError as error:
        logger.warning("camera %s: an alert waits for its pictures: %s", watch.camera, error)
    return state


def health_of(
    camera: str,
    stats: StreamStats,
    state: CameraState,
    meter: Meter,
    before: CameraHealth | None,
) -> CameraHealth:
    """As of now, on top of what was counted before the loop was lost and began anew."""
    nothing = CameraHealth(camera, "starting", stats.since, stats.since)
    base = before or nothing
    return CameraHealth(
        camera=camera,
        state=stats.state,
        at=datetime.now(UTC),
        since=stats.since,
        detail=stats.detail,
        size_wh=stats.size_wh,
        frames_received=base.frames_received + stats.frames_received,
        frames_dropped=base.frames_dropped + stats.frames_dropped + meter.missed,
        frames_damaged=base.frames_damaged + stats.frames_damaged,
        frames_analysed=base.frames_analysed + meter.looks,
        faces_seen=base.faces_seen + state.faces_seen,
        reconnects=base.reconnects + stats.reconnects,
        received_fps=stats.received_fps,
        analysed_fps=meter.fps(),
        look_ms_p50=meter.percentile_ms(50),
        look_ms_p99=meter.percentile_ms(99),
    )
