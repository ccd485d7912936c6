"""How a stream does: its states, its counts, and how long to wait before the next try.

States: ``starting`` until something happens, ``live`` while frames arrive, ``stalled`` when they
are late, ``reconnecting`` after the connection was given up, ``refused`` once user or password were
refused so often that it is not tried any more, ``ended`` for a file at its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from lfr_batch.records import nanoseconds, seconds

StreamState = Literal["starting", "live", "stalled", "reconnecting", "refused", "ended"]

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
JITTER = 0.2
"""Share of a wait by which it varies, so that cameras of one switch do not come back at once."""
STEADY_S = 5.0
"""A connection that lasted as long was a good one: the waits begin anew."""
RATE_WINDOW_S = 5.0
TRIES = 3
"""Cameras lock an account after a few wrong passwords: so often one is tried, and no more."""
REFUSED_WAIT_S = 3.0
"""Least wait between these: a camera that is just starting may refuse what is right."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on the machine's steady clock and in UTC."""

    steady_ns: int
    at: datetime

    def back(self, duration_ns: int) -> Moment:
        earlier = self.at - timedelta(microseconds=duration_ns / 1000)
        return Moment(self.steady_ns - duration_ns, earlier)


@dataclass(frozen=True, slots=True)
class StreamStats:
    """How a stream does now. Counts are since it was opened."""

    state: StreamState
    since: datetime
    detail: str
    """Why it is not live, in a sentence without passwords."""
    size_wh: tuple[int, int] | None
    frames_received: int
    frames_dropped: int
    """Received, and replaced by a newer one before anybody took it."""
    frames_damaged: int
    """Packets and frames that could not be decoded, or only in part."""
    reconnects: int
    """How often frames came again after the connection was lost."""
    received_fps: float
    """Over the last few seconds."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a reader knows of its stream. ``since`` is when it came into ``state``."""

    state: StreamState
    since: Moment
    detail: str = ""
    size_wh: tuple[int, int] | None = None
    received: int = 0
    damaged: int = 0
    reconnects: int = 0
    losses: int = 0
    """Connections lost in a row, none of them steady."""
    refusals: int = 0
    """Of user or password, since frames came the last time."""
    arrivals_ns: tuple[int, ...] = field(default=())
    """Of the frames within the rate's window."""


def received(health: Health, size_wh: tuple[int, int], arrived: Moment) -> Health:
    recent_ns = arrived.steady_ns - nanoseconds(RATE_WINDOW_S)
    arrivals = (*(ns for ns in health.arrivals_ns if ns > recent_ns), arrived.steady_ns)
    health = replace(
        health, size_wh=size_wh, received=health.received + 1, arrivals_ns=arrivals, refusals=0
    )
    if health.state == "live":
        return health
    again = health.received > 1
    return replace(
        health, state="live", since=arrived, detail="", reconnects=health.reconnects + again
    )


def lost(health: Health, reason: str, now: Moment, jitter: float) -> tuple[Health, float]:
    """The connection is gone; ``jitter`` is 0 to 1. Also how many seconds to wait."""
    lasted_ns = now.steady_ns - health.since.steady_ns
    steady = health.state == "live" and lasted_ns >= nanoseconds(STEADY_S)
    losses = 1 if steady else health.losses + 1
    wait = wait_s(losses, jitter)
    since = health.since if health.state == "reconnecting" else now
    detail = f"{reason}; next try in {wait:.1f} s"
    after = replace(health, state="reconnecting", since=since, detail=detail, losses=losses)
    return after, wait


def refused(health: Health, reason: str, now: Moment, jitter: float) -> tuple[Health, float | None]:
    """User or password were refused; ``reason`` and ``jitter`` as above. How many seconds to wait;
    None: it is not to be tried again before somebody says so.
    """
    refusals = health.refusals + 1
    if refusals >= TRIES:
        return held(health, f"{reason}; tried {TRIES} times, waits to be told", now), None
    after, _ = lost(health, reason, now, jitter)
    detail = f"{reason}; next try in {REFUSED_WAIT_S:.1f} s"
    return replace(after, refusals=refusals, detail=detail), REFUSED_WAIT_S


def held(health: Health, detail: str, now: Moment) -> Health:
    """Not to be tried until somebody says so."""
    return replace(health, state="refused", since=now, detail=detail, refusals=TRIES)


def told(health: Health, now: Moment) -> Health:
    """Somebody says that it is to be tried again: once."""
    return replace(
        health, state="reconnecting", since=now, detail="tried once more", refusals=TRIES - 1
    )


def ended(health: Health, detail: str, now: Moment) -> Health:
    return replace(health, state="ended", since=now, detail=detail)


def wait_s(losses: int, jitter: float) -> float:
    """0.5, 1, 2, 4, ... at most 15 seconds, each up to a fifth shorter."""
    whole_s: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(losses - 1, 16))
    return whole_s * (1.0 - JITTER * jitter)


def stats(health: Health, dropped: int, now: Moment, late_s: float) -> StreamStats:
    """A live stream is ``stalled`` when its last frame is older than ``late_s``."""
    state, since, detail = health.state, health.since, health.detail
    silent_ns = now.steady_ns - health.arrivals_ns[-1] if health.arrivals_ns else 0
    if state == "live" and silent_ns > nanoseconds(late_s):
        state, since = "stalled", now.back(silent_ns - nanoseconds(late_s))
        detail = f"no picture for {seconds(silent_ns):.1f} s"
    return StreamStats(
        state=state,
        since=since.at,
        detail=detail,
        size_wh=health.size_wh,
        frames_received=health.received,
        frames_dropped=dropped,
        frames_damaged=health.damaged,
        reconnects=health.reconnects,
        received_fps=_rate(health, now),
    )


def _rate(health: Health, now: Moment) -> float:
    """Frames a second over the window, or over the time since the stream came back."""
    lived_ns = now.steady_ns - health.since.steady_ns
    window_ns = min(nanoseconds(RATE_WINDOW_S), lived_ns)
    if health.state != "live" or window_ns <= 0:
        return 0.0
    return sum(ns > now.steady_ns - window_ns for ns in health.arrivals_ns) / seconds(window_ns)
