"""What an item of work may take of a machine. Pure.

The work itself says it: whoever runs an item knows neither footage nor settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, Protocol, runtime_checkable


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
