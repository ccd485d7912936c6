"""How long a track waits for its face where looks are few, as in a time-lapse. Pure."""

from __future__ import annotations

from lfr_batch.config.schema import TrackConfig
from lfr_batch.records import NS_PER_S, nanoseconds

LOOKS_MISSED = 2.5
"""Looks in a row that may be missed, and half a look, for rates that waver."""
LONGEST_S = 15.0
"""Whoever stands in the same place after a longer time without a look may be somebody else."""
COMPANY_NS = NS_PER_S // 2
"""A walker's face moves by more than its width meanwhile: a look this far from every other cannot
be expected to have a second of the same face."""


def patient(
    limits: TrackConfig, frame_rate: float | None, sample_fps: float, views: int = 1
) -> TrackConfig:
    """The limits for footage of this rate, of which ``sample_fps`` frames a second are looked at
    (0: all); None: an unknown rate. Of ``views`` cameras that take turns, each has its share of
    the rate. Patience only grows."""
    rates = [rate for rate in (frame_rate and frame_rate / views, sample_fps) if rate]
    if not rates:
        return limits
    needed_s = min(LOOKS_MISSED / min(rates), LONGEST_S)
    return limits.model_copy(
        update={
            "max_gap_s": max(limits.max_gap_s, needed_s),
            "stitch_gap_s": max(limits.stitch_gap_s, needed_s),
        }
    )


def patience_ns(limits: TrackConfig, last_interval_ns: int | None) -> int:
    """How long ago a track may have been seen last. Looks may have become fewer meanwhile."""
    own_ns = nanoseconds(limits.max_gap_s)
    if last_interval_ns is None:
        return own_ns
    needed_ns = min(int(LOOKS_MISSED * last_interval_ns), nanoseconds(LONGEST_S))
    return max(own_ns, needed_ns)
