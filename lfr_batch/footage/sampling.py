"""Choose frames on one time grid per file: slot k covers [k, k+1) / sample_fps seconds.

The grid starts at media time 0, not at the segment, so segments sample the moments that one pass
over the file samples. The one difference: a border inside a slot makes its first frame a sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from lfr_batch.records import NS_PER_S


@dataclass(frozen=True, slots=True)
class SamplerState:
    last_slot: int | None = None


def sample_slot(pts_ns: int, sample_fps: float) -> int:
    """Number of the slot that holds this moment. Exact: no slot is missed through rounding."""
    rate = Fraction(sample_fps).limit_denominator(1_000_000)
    return pts_ns * rate.numerator // (NS_PER_S * rate.denominator)


def sample(state: SamplerState, pts_ns: int, sample_fps: float) -> tuple[bool, SamplerState]:
    """Whether to take the frame, and the state after it.

    The first frame of each slot is taken. Repeated times and small steps back are not taken again;
    a step back of more than a second is a new beginning. ``sample_fps`` 0 takes every frame.
    """
    if sample_fps == 0:
        return True, state
    slot = sample_slot(pts_ns, sample_fps)
    last = state.last_slot
    if last is not None and last - sample_fps - 1 <= slot <= last:
        return False, state
    return True, SamplerState(slot)
