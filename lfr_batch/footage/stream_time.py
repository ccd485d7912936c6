"""Media time of a stream: it runs on, whatever connections and the camera's clock do."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from lfr_batch.footage.clock import ClockState, Timing, tell
from lfr_batch.records import NS_PER_S

LEAP_NS = 10 * NS_PER_S
"""A camera's clock that runs ahead of ours by more was set anew."""


@dataclass(slots=True)
class RunningTime:
    """0 is the first frame; never goes back. After a new connection the time between counts."""

    frame_ns: int = 0
    _timing: Timing | None = None
    _clock: ClockState = field(default_factory=ClockState)
    _arrived_ns: int | None = None
    _begun: bool = False
    _soonest_ns: int | None = None
    """Most that this connection's media time was ever ahead of the steady clock."""
    lag_ns: int = 0
    """How much later than at its soonest the last frame came: what waits in buffers."""

    @property
    def last_ns(self) -> int:
        return self._clock.last_ns or 0

    def connect(self, frame_ns: int) -> None:
        """A camera's stream begins: its first frame will tell where it stands."""
        self.frame_ns, self._timing, self._begun = frame_ns, None, False

    def play(self, timing: Timing) -> None:
        """A file begins: its first frame follows the last one before as if it belonged to it."""
        self.frame_ns, self._timing = timing.frame_ns, timing
        self._begin(timing.frame_ns)

    def due_ns(self, tick: int | None) -> int:
        """When a file's packet with this timestamp is to be sent."""
        if tick is None or self._timing is None:
            return self.last_ns
        return max(0, self._timing.ns(tick) + self._clock.shift_ns)

    def tell(self, tick: int | None, unit_s: Fraction, arrived_ns: int) -> int:
        """The time of the next frame. ``tick`` is its timestamp in units of ``unit_s``."""
        since_ns = 0 if self._arrived_ns is None else arrived_ns - self._arrived_ns
        if not self._begun:
            self._begin(max(self.frame_ns, since_ns))
        if tick is not None and self._leaps(tick, since_ns):
            self._timing = None
        if tick is not None and self._timing is None:
            self._timing = Timing(unit_s, tick, self.frame_ns)
            self._clock = ClockState(self._clock.last_ns, self._following_ns)
        raw_ns = None if tick is None or self._timing is None else self._timing.ns(tick)
        _, self._clock = tell(self._clock, raw_ns, self.frame_ns)
        self._arrived_ns = arrived_ns
        ahead_ns = self.last_ns - arrived_ns
        self._soonest_ns = ahead_ns if self._soonest_ns is None else max(self._soonest_ns, ahead_ns)
        self.lag_ns = self._soonest_ns - ahead_ns
        return self.last_ns

    @property
    def _following_ns(self) -> int:
        return 0 if self._clock.last_ns is None else self._clock.last_ns + self.frame_ns

    def _begin(self, gap_ns: int) -> None:
        last_ns = self._clock.last_ns
        if last_ns is None:
            self._clock = ClockState()
        else:
            start_ns = last_ns + gap_ns
            self._clock = ClockState(start_ns - self.frame_ns, start_ns)
        self._begun, self._soonest_ns = True, None

    def _leaps(self, tick: int, since_ns: int) -> bool:
        if self._timing is None or self._clock.last_ns is None:
            return False
        ahead_ns = self._timing.ns(tick) + self._clock.shift_ns - self._clock.last_ns
        return ahead_ns > since_ns + LEAP_NS
