"""What the sinks of a deployment that is over have taken, and what they lack. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lfr_batch.live.deployment.figures import Figures

PerSink = Mapping[str, int]
"""By sink, how many alerts and reviews; only sinks with any."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    waiting: PerSink
    """Not taken."""
    carried: PerSink
    """Taken since the deployment was opened again."""
    is_some_deleted: bool
    """Whether retention has deleted alerts, which wait no more."""


def undelivered_now(figures: Figures, done: Deliveries) -> dict[str, int]:
    """What waits. Where alerts were deleted, those that no sink had taken stay in the figures."""
    left = dict(done.waiting)
    if done.is_some_deleted:
        for sink, number in figures.undelivered.items():
            left[sink] = max(left.get(sink, 0), number - done.carried.get(sink, 0))
    return {sink: number for sink, number in left.items() if number}
