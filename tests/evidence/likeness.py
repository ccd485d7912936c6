"""Who can still be recognised in a film, by the product's own models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path

import av
import numpy as np

from lfr_batch.evidence.hider import SURE_SCORE, Hider
from lfr_batch.evidence.veil import FILL
from lfr_batch.faces.boxes import iou
from lfr_batch.records import ByteArray, FaceBatch, FloatArray

LEAST_PX = 24.0
"""Smaller faces are compared by nobody."""


@dataclass(frozen=True)
class Known:
    """A face of one frame of the untouched footage."""

    frame: int
    box_xyxy: FloatArray
    template: FloatArray
    faces: FaceBatch
    which: int


def frames_in(film: bytes | Path, first: int = 0, end: int | None = None) -> list[ByteArray]:
    """BGR, of all frames or of those from one to before another."""
    with av.open(BytesIO(film) if isinstance(film, bytes) else str(film), "r") as video:
        return [
            np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            for frame in islice(video.decode(video=0), first, end)
        ]


def faces_of(
    pictures: Sequence[ByteArray], hider: Hider, every: int = 1, best: int = 0
) -> Iterator[Known]:
    """Whoever is seen well enough in every so manieth picture, that of number ``best`` included."""
    for number in range(best % every, len(pictures), every):
        faces = hider.faces(pictures[number])
        sides = faces.boxes_xyxy[:, 2:] - faces.boxes_xyxy[:, :2]
        for which in np.flatnonzero((sides.min(axis=1) >= LEAST_PX) & (faces.scores >= SURE_SCORE)):
            template = hider.template(pictures[number], faces, int(which))
            yield Known(number, faces.boxes_xyxy[which], template, faces, int(which))


def likeness(known: Known, picture: ByteArray, hider: Hider) -> float:
    """Cosine of what is in the face's place in another picture of that moment."""
    return float(hider.template(picture, known.faces, known.which) @ known.template)


def is_recognised(known: Known, picture: ByteArray, hider: Hider) -> bool:
    """Whether what is in the face's place is taken for it."""
    there = hider.template(picture, known.faces, known.which)
    return is_like(there, known, picture, hider)


def is_like(template: FloatArray, known: Known, picture: ByteArray, hider: Hider) -> bool:
    """Whether it is the known face's, and more so than an empty picture's: the templates of dark
    and soft faces are like that of any blank."""
    blank = likeness(known, np.full_like(picture, FILL), hider)
    return float(template @ known.template) >= max(hider.same, blank + 0.1)


def strangers_found(
    picture: ByteArray, own_xyxy: FloatArray, others: Sequence[Known], hider: Hider
) -> Iterator[Known]:
    """Those of the others for whom a face is taken that is found and is not the own one."""
    faces = hider.faces(picture)
    for which in range(len(faces)):
        if iou(faces.boxes_xyxy[which][None], own_xyxy[None])[0, 0] < 0.3:
            template = hider.template(picture, faces, which)
            yield from (each for each in others if is_like(template, each, picture, hider))
