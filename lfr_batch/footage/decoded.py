"""Frames as they leave the decoder, and what makes whole pictures of those that hold two fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import av

from lfr_batch.footage.deinterlace import (
    FIELD_NS,
    as_progressive,
    deinterlaced,
    field_gap_ns,
    neighbours,
    pays_for_both_fields,
)
from lfr_batch.records import Segment

Filtered = Callable[[], av.VideoFrame]


@dataclass(frozen=True, slots=True)
class Decoded:
    """``moment_ns`` places the frame in a segment; ``pts_ns`` is that, never going backwards."""

    frame: av.VideoFrame
    moment_ns: int = 0
    pts_ns: int = 0
    filtered: Filtered | None = None
    """Gives the frame to convert in place of ``frame``, of the same size."""
    other: Filtered | None = None
    """Does so for its other field."""
    woven: bool = False
    """It holds two fields, so that its planes as they are show nothing."""

    def other_field(self) -> Decoded | None:
        return replace(self, filtered=self.other, other=None) if self.other else None


def unmarked(frames: Iterator[Decoded]) -> Iterator[Decoded]:
    """Whole pictures without the mark of interlaced ones, which some of them bear."""
    for decoded in frames:
        if decoded.frame.interlaced_frame:
            yield replace(decoded, filtered=partial(as_progressive, decoded.frame))
        else:
            yield decoded


def of_fields(frames: Iterator[Decoded], segment: Segment, sample_fps: float) -> Iterator[Decoded]:
    """The picture of each frame's first field, and of its second where the rate pays for both."""
    both = pays_for_both_fields(sample_fps, segment.frame_rate)
    for before, decoded, after in neighbours(frames):
        window = (
            before.frame if before else None,
            decoded.frame,
            after.frame if after else None,
        )
        first = partial(deinterlaced, *window, segment.fields)
        second = partial(deinterlaced, *window, segment.fields, second=True)
        yield replace(decoded, filtered=first, other=second, woven=True)
        if not both:
            continue
        gap_ns = field_gap_ns(after.pts_ns - decoded.pts_ns if after else 2 * FIELD_NS)
        moment_ns, pts_ns = decoded.moment_ns + gap_ns, decoded.pts_ns + gap_ns
        if gap_ns > 0:
            yield Decoded(decoded.frame, moment_ns, pts_ns, second, first, woven=True)
