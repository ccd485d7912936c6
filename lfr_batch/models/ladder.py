"""Which sizes of pictures a GPU computes in, and how many of a size at once. Pure.

A session on a GPU is a model at one batch and one size: a change of shape makes cuDNN plan every
convolution anew, which takes a hundred times as long as the call. So a picture is padded to the
next size of a short ladder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Size = tuple[int, int]
"""Width and height."""

USUAL_WH: Size = (832, 480)
"""Nearly what frames of 720p take by default."""
SIZES_WH: tuple[Size, ...] = (
    (160, 160),
    (320, 320),
    (640, 480),
    (640, 640),
    USUAL_WH,
    (480, 832),
    (1280, 736),
    (736, 1280),
    (1280, 1280),
)
"""A picture is computed in the first that holds it. 160 is the second look's; 640 x 480 and
1280 x 736 are nearly what frames of 4:3 and 1080p take; stills are looked at in 1280, 640 and 320,
whatever their shape. Few, since to open one takes seconds, and to compute some padding does not."""
STEP_PX = 320
"""Between the sides of larger ones."""
USUAL_PX = USUAL_WH[0] * USUAL_WH[1]
MOST_AT_ONCE = 32
"""Pictures of any size: more would have to be waited for, or be padding."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The sizes and batches of one model."""

    at_once: int
    """Pictures of ``USUAL_PX`` pixels, or of the model's only size, in one call."""
    fixed_wh: Size | None = None
    """The only size that the graph takes; None: any."""
    max_batch: int | None = None
    """Most pictures that the graph takes; None: any number."""

    @property
    def smallest_wh(self) -> Size:
        return self.fixed_wh or SIZES_WH[0]

    def rung(self, wanted_wh: Size) -> Size:
        """The size in which pictures of ``wanted_wh`` are computed; it holds them."""
        if self.fixed_wh is not None:
            return self.fixed_wh
        held_by = (wh for wh in SIZES_WH if wh[0] >= wanted_wh[0] and wh[1] >= wanted_wh[1])
        return next(held_by, None) or (_side(wanted_wh[0]), _side(wanted_wh[1]))

    def batch(self, size_wh: Size) -> int:
        """Pictures of one call: of a free size a power of two, the fewer the larger they are."""
        most = self.at_once if self.fixed_wh else _of_size(size_wh, self.at_once)
        return most if self.max_batch is None else min(most, self.max_batch)


def make_ladder(input_shape: Sequence[int | None], at_once: int, max_batch: int | None) -> Ladder:
    """Of a graph that takes (n, height, width, 3) pictures; None in ``input_shape``: free."""
    batch, height, width, _ = input_shape
    limits = [limit for limit in (batch, max_batch) if limit is not None]
    fixed_wh = None if height is None or width is None else (width, height)
    return Ladder(at_once, fixed_wh, min(limits, default=None))


def _side(wanted_px: int) -> int:
    return max(SIZES_WH[-1][1], -(-wanted_px // STEP_PX) * STEP_PX)


def _of_size(size_wh: Size, at_once: int) -> int:
    fit = at_once * USUAL_PX / (size_wh[0] * size_wh[1])
    return min(1 << max(0, round(math.log2(fit))), max(at_once, MOST_AT_ONCE))
