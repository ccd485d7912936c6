"""Media time of decoded frames: zero-based, filled in where timestamps are missing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from lfr_batch.records import NS_PER_S

RESTART_NS = NS_PER_S
"""A step back by more than this is a recorder that began anew; less is a small disorder."""

MOST_NS = 100 * 366 * 86_400 * NS_PER_S
"""Longer than any recording: a timestamp beyond is damage, and nanoseconds have to fit into 64
bits, also after recordings that are joined."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How a stream counts time: its unit in seconds, the tick that is 0, and a frame's length."""

    unit_s: Fraction
    zero_tick: int
    frame_ns: int

    def ns(self, tick: int) -> int:
        """Never farther from 0 than ``MOST_NS``."""
        time_ns = round((tick - self.zero_tick) * self.unit_s * NS_PER_S)
        return max(-MOST_NS, min(time_ns, MOST_NS))

    def tick(self, time_ns: int) -> int:
        return self.zero_tick + int(Fraction(time_ns, NS_PER_S) / self.unit_s)


@dataclass(frozen=True, slots=True)
class ClockState:
    last_ns: int | None = None
    shift_ns: int = 0


def tell(state: ClockState, raw_ns: int | None, frame_ns: int) -> tuple[int, ClockState]:
    """The time of the next frame the decoder puts out, and the state after it.

    ``raw_ns`` is its own timestamp, None where it has none: then one frame after the last, and so
    where no recording can be that long. The time may be a little earlier than the last one's;
    ``last_ns`` of the new state never is.
    """
    following = 0 if state.last_ns is None else min(state.last_ns + frame_ns, MOST_NS)
    if raw_ns is None or raw_ns + state.shift_ns >= MOST_NS:
        return following, ClockState(following, state.shift_ns)
    shift = state.shift_ns
    if state.last_ns is not None and raw_ns + shift < state.last_ns - RESTART_NS:
        shift = following - raw_ns
    time_ns = max(raw_ns + shift, 0)
    return time_ns, ClockState(max(time_ns, state.last_ns or 0), shift)
