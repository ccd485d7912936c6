"""What an item of work may take of a machine. Pure.

The work itself says it: whoever runs an item knows neither footage nor settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, Protocol, runtime_checkable

WALL_TIMES = 4
"""Times its processor time that an item may last."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one item of work; 0: as much as it takes."""

    memory_mib: float = 0.0
    """By which its worker's memory may grow beyond what it had when it was opened."""
    time_s: float = 0.0
    """Processor time, whatever the item."""
    time_factor: float = 0.0
    """Seconds of processor time more for every second of media time."""
    memory_is_shared: bool = False
    """Whether those that a worker has at once have ``memory_mib`` together, and not each."""

    def allowed_s(self, media_s: float) -> float:
        """Processor time that an item of so much media time may take."""
        return self.time_s + self.time_factor * media_s if self.time_s else inf

    def allowed_mib(self, in_hand: int) -> float:
        """By which a worker that has so many items in hand may have grown."""
        return self.memory_mib * (1 if self.memory_is_shared else in_hand) or inf


UNLIMITED = Limits()


@runtime_checkable
class Limited(Protocol):
    """A spec of work that says what an item may take."""

    @property
    def limits(self) -> Limits: ...

    def media_s(self, item: Any) -> float:
        """Media time of an item as a ``Runner`` is given it, a group of items; of stills 0."""


def limits_of(spec: object) -> Limits:
    """Of a spec that says nothing: none."""
    return spec.limits if isinstance(spec, Limited) else UNLIMITED


def media_s_of(spec: object, item: object) -> float:
    return spec.media_s(item) if isinstance(spec, Limited) else 0.0


def how_late(limits: Limits, media_s: float, spent_s: float, lasted_s: float, host: str) -> str:
    """How an item is beyond its time, which has spent so much processor time and lasted so long;
    '' while it is not."""
    allowed_s = limits.allowed_s(media_s)
    allowed = f"where limits.time_s and limits.time_factor let it have {allowed_s:,.0f} s"
    if spent_s > allowed_s:
        return f"it took {spent_s:,.0f} s of processor time on {host}, {allowed}"
    if lasted_s > WALL_TIMES * allowed_s:
        return (
            f"it had not ended after {lasted_s:,.0f} s on {host}, {allowed} of processor time and "
            f"{WALL_TIMES} times that to end in"
        )
    return ""
