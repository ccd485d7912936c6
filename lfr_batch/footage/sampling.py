"""Choose frames on one time grid per file: slot k covers [k, k+1) / sample_fps seconds. Pure.

The grid starts at media time 0, not at the segment, so segments sample the moments that one pass
over the file samples. The one difference: a border inside a slot makes its first frame a sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from lfr_batch.records import NS_PER_S


@dataclass(frozen=True, slots=True)
class SamplerState:
    last_slot: int | None = None


def sample_slot(pts_ns: int, sample_fps: float) -> int:
    """Number of the slot that holds this moment. Exact: no slot is missed through rounding."""
    rate = Fraction(sample_fps).limit_denominator(1_000_000)
    return pts_ns * rate.numerator // (NS_PER_S * rate.denominator)


@dataclass(slots=True)
class SlotsSent:
    """The earliest moment of each slot that was given to the decoder, in decoding order."""

    first_ns: dict[int, int] = field(default_factory=dict)

    def needs(self, pts_ns: int, sample_fps: float) -> bool:
        """Whether the frame may be the first of its slot; a frame that may be has been sent.

        Frames are coded in another order than they are shown in. A frame that is shown later than
        one of its slot that was sent is no sample, whatever comes.
        """
        if sample_fps == 0:
            return True
        slot = sample_slot(pts_ns, sample_fps)
        needed = pts_ns <= self.first_ns.get(slot, pts_ns)
        if needed:
            self.first_ns[slot] = pts_ns
        return needed

    def lost(self, pts_ns: int, sample_fps: float) -> None:
        """The frame could not be decoded: any other of its slot may be the first now."""
        if sample_fps:
            self.first_ns.pop(sample_slot(pts_ns, sample_fps), None)


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
