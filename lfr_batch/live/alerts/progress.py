"""How far the sinks are, and what of the sealed files stands in their way. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from lfr_batch.live.alerts.held import Held, trouble_of
from lfr_batch.live.records import SinkState

SPOOL = "spool"
"""In ``sink_states``, of the sealed files themselves: only where some cannot be read or written."""


def sink_state(
    name: str, delivered: int, numbers: Sequence[int], last_error: str | None = None
) -> SinkState:
    """``delivered``: the number of the last item it has; ``numbers``: of all there are, in
    order."""
    taken = bisect_right(numbers, delivered)
    return SinkState(name, taken, len(numbers) - taken, last_error)


def spool_states(kept: int, damaged: Sequence[str], held: Held) -> tuple[SinkState, ...]:
    """None where all is well. ``kept``: how many files can be read; ``damaged``: those that
    cannot."""
    said = [f"cannot be read: {', '.join(damaged)}"] if damaged else []
    said += [trouble] if (trouble := trouble_of(held)) else []
    waiting = len(damaged) + len(held.alerts)
    return (SinkState(SPOOL, kept, waiting, "; ".join(said)),) if said else ()


def waiting_in(states: Iterable[SinkState]) -> dict[str, int]:
    """By sink, how many alerts and reviews it has not taken; only sinks that lack any."""
    return {each.name: each.waiting for each in states if each.waiting and each.name != SPOOL}
