"""Whether pictures are woven of two fields, and which field was filmed first. Pure.

Measured where something moves: FFmpeg's idet averages over the whole picture, in which a person in
front of a wall decides nothing, and takes what slows down for interlaced.

A picture is combed where neighbouring lines differ by more than every other line does; natural
pictures are the other way round. One is progressive for certain only where it is not combed though
its lines would be if woven with those of the picture before: then things move fast enough to tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lfr_batch.records import ByteArray, FieldOrder

Blocks = NDArray[np.float32]

BLOCK_PX = 16
MOVED_LUMA = 10
"""A pixel moved if its luma changed by more."""
MOVED_SHARE = 0.2
"""A block moves if so much of it does."""
LEAST_DETAIL = 3.0
"""Mean difference of neighbouring lines below which a block is too smooth to tell anything."""
COMBED = 1.25
"""Neighbouring lines differ by so many times what every other line does."""
SMOOTH = 1.0
TELLING_BLOCKS = 24
"""Blocks, over all pictures, from which a finding is believed."""
COMBED_SHARE = 0.2
"""Of the telling blocks, from which footage counts as interlaced: of telecined film, two pictures
in five are woven of two."""
CLEAN_SHARE = 0.05
"""Footage that says it is interlaced is believed unless so few of its telling blocks are combed."""
ORDER_SHARE = 0.6
"""Of the combed blocks, that must agree on the order of the fields."""

COMBABLE_HEIGHTS = range(400, 1153)
"""Heights that interlaced footage has (480, 486, 576, 1080, and what recorders make of them)."""
NEVER_COMBED_HEIGHTS = frozenset({720})
OFTEN_COMBED_HEIGHTS = range(400, 600)
"""Recorders of analogue cameras weave fields and say nothing of it."""


Deinterlace = Literal["auto", "top", "bottom", "never"]


@dataclass(frozen=True, slots=True)
class Votes:
    """Blocks of pictures that tell something."""

    combed: int = 0
    progressive: int = 0
    top: int = 0
    """Of the combed ones, those whose top field was filmed first."""
    bottom: int = 0

    def __add__(self, other: Votes) -> Votes:
        return Votes(
            self.combed + other.combed,
            self.progressive + other.progressive,
            self.top + other.top,
            self.bottom + other.bottom,
        )

    @property
    def telling(self) -> int:
        return self.combed + self.progressive

    @property
    def combed_share(self) -> float:
        return self.combed / self.telling if self.telling else 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says: whether it is interlaced, and which field is first if it says so."""

    interlaced: bool = False
    first: FieldOrder | None = None


def as_asked(found: FieldOrder, asked: Deinterlace) -> FieldOrder:
    if asked == "auto":
        return found
    return "progressive" if asked == "never" else asked


def is_worth_a_look(place: int, height: int, votes: Votes, said: Said) -> bool:
    """Whether to look at a place (the first is 0) of footage ``height`` lines high, given the
    votes of the places before it."""
    if is_settled(votes):
        return False
    if said.interlaced or height in OFTEN_COMBED_HEIGHTS:
        return True
    return place == 0 and height in COMBABLE_HEIGHTS and height not in NEVER_COMBED_HEIGHTS


def judge(votes: Votes, said: Said) -> FieldOrder:
    """Contents go before what the file says, where they tell; top first where nothing does."""
    if not _is_interlaced(votes, said):
        return "progressive"
    return _order(votes) or said.first or "top"


def is_settled(votes: Votes) -> bool:
    """Whether more pictures would hardly change the judgement."""
    if votes.telling < TELLING_BLOCKS:
        return False
    if votes.combed_share >= 2 * COMBED_SHARE:
        return _order(votes) is not None
    return votes.combed_share <= CLEAN_SHARE and votes.telling >= 4 * TELLING_BLOCKS


def remark(order: FieldOrder, said: Said) -> str | None:
    """What is worth saying where contents and container differ."""
    if order == "progressive":
        return "is marked as interlaced, and is not" if said.interlaced else None
    if not said.interlaced:
        return f"is interlaced ({order} field first) and not marked as such"
    if said.first not in (None, order):
        return f"is marked as {said.first} field first, and is {order} field first"
    return None


def _order(votes: Votes) -> FieldOrder | None:
    ordered = votes.top + votes.bottom
    if ordered < TELLING_BLOCKS // 2 or max(votes.top, votes.bottom) < ORDER_SHARE * ordered:
        return None
    return "top" if votes.top > votes.bottom else "bottom"


def _is_interlaced(votes: Votes, said: Said) -> bool:
    if votes.telling < TELLING_BLOCKS:
        return said.interlaced
    limit = CLEAN_SHARE if said.interlaced else COMBED_SHARE
    return votes.combed_share > limit


def count(lumas: Iterable[ByteArray]) -> Votes:
    """Votes of pictures (height, width) that follow each other."""
    votes, before = Votes(), None
    for luma in lumas:
        if before is not None and before.shape == luma.shape:
            votes += compare(before, luma)
        before = luma
    return votes


def compare(before: ByteArray, luma: ByteArray) -> Votes:
    """What the picture ``luma``, which follows ``before``, tells."""
    if min(luma.shape) < BLOCK_PX:
        return Votes()
    moved = cv2.absdiff(before, luma) > MOVED_LUMA
    moving = _means(moved.astype(np.float32)) >= MOVED_SHARE
    if not moving.any():
        return Votes()
    top_of_before, bottom_of_before = _woven(before, luma), _woven(luma, before)
    combed_by = _combing(luma)
    combed = moving & (combed_by >= COMBED)
    woven_by = np.minimum(_combing(top_of_before), _combing(bottom_of_before))
    progressive = moving & (combed_by < SMOOTH) & (woven_by >= COMBED)
    # Top first: this top field and the bottom field before it were filmed next to each other.
    late, early = _line_difference(bottom_of_before), _line_difference(top_of_before)
    return Votes(
        combed=int(combed.sum()),
        progressive=int(progressive.sum()),
        top=int((combed & (late < early * 0.95)).sum()),
        bottom=int((combed & (early < late * 0.95)).sum()),
    )


def _woven(top: ByteArray, bottom: ByteArray) -> ByteArray:
    """The even lines of one picture (its top field) and the odd ones of another."""
    woven = bottom.copy()
    woven[::2] = top[::2]
    return woven


def _combing(luma: ByteArray) -> Blocks:
    """How much more neighbouring lines differ than every other line; 0 where there is no detail."""
    near = _line_difference(luma)
    far = _means(cv2.absdiff(luma[2:], luma[:-2]).astype(np.float32), luma.shape)
    return np.where(near >= LEAST_DETAIL, near / np.maximum(far, 0.5), 0.0).astype(np.float32)


def _line_difference(luma: ByteArray) -> Blocks:
    return _means(cv2.absdiff(luma[1:], luma[:-1]).astype(np.float32), luma.shape)


def _means(values: NDArray[np.float32], shape_hw: tuple[int, ...] | None = None) -> Blocks:
    """Mean of each block, of which there are as many as a picture of ``shape_hw`` has."""
    height, width = shape_hw or values.shape
    blocks_wh = max(1, width // BLOCK_PX), max(1, height // BLOCK_PX)
    return np.asarray(cv2.resize(values, blocks_wh, interpolation=cv2.INTER_AREA), np.float32)
