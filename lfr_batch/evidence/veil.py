"""What of each frame of a clip is hidden, and what of it is shown. Pure.

Who is in doubt is hidden: the sighting's own face is shown only in frames in which it was found,
is itself by its template (or was a moment ago, and nobody came near), and nobody is before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from lfr_batch.evidence.followed import FacePath, Frames, held
from lfr_batch.faces.boxes import areas, grow, intersections, iou
from lfr_batch.records import NS_PER_S, ByteArray, FloatArray

Doubt = Literal["held", "uncertain", "own hidden"]
"""A face was hidden where nobody found it; something was hidden that may be no face; the sighting's
own face was hidden, since it could not be told from others."""
FILL = 96
"""One grey for all that is hidden: nothing of what was there is left in it, however many frames are
laid one upon the other."""
HEAD = (0.4, 0.55, 0.35)
"""Of others: beside the face in its widths, above and below it in its heights."""
LEAST_PX = 3.0
OWN_MARGIN = 0.2
SAME_FACE_IOU = 0.4
CROWDED = 0.3
"""Of the smaller of two faces, the share that lies in the other from which on both are hidden."""
LEANS_NS = NS_PER_S
"""A face that is turned away is still itself if it was so short a time before or after."""
STEADY_IOU = 0.3


@dataclass(frozen=True, slots=True)
class Veil:
    """Of one frame. Boxes in its pixels."""

    hidden_xyxy: FloatArray
    """(n, 4) faces, without their heads."""
    before_xyxy: FloatArray
    """(m, 4) those of them that were found, and may be before the own one."""
    own_xyxy: FloatArray | None
    """(4,) the face that is shown; None: none is."""
    doubts: frozenset[Doubt]


@dataclass(slots=True)
class _Draft:
    """A veil that is being made."""

    hidden: list[FloatArray] = field(default_factory=list)
    there: list[FloatArray] = field(default_factory=list)
    perhaps: list[FloatArray] = field(default_factory=list)
    """Where somebody was found before and after, and is behind somebody if not before them."""
    doubts: set[Doubt] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class OwnScores:
    """How like the sighting's face the one on its path is, by the number of the frame."""

    cosines: Mapping[int, float]
    same: float
    """From here on it is the same person,"""
    other: float
    """and below this somebody else, as far as one frame can tell."""


def own_path(paths: Sequence[FacePath], number: int, box_xyxy: FloatArray) -> FacePath | None:
    """The path of the face that is at the box in that frame."""
    there = [(path, path.boxes[number]) for path in paths if number in path.boxes]
    likeness = [float(iou(box[None], box_xyxy[None])[0, 0]) for _, box in there]
    if not there or max(likeness) < SAME_FACE_IOU:
        return None
    return there[int(np.argmax(likeness))][0]


def veils(
    paths: Sequence[FacePath], own: FacePath | None, scores: OwnScores, frames: Frames
) -> list[Veil]:
    """One for each frame."""
    drafts = [_Draft() for _ in frames.moments_ns]
    for path in paths:
        if path is not own:
            _hide(path, drafts, frames)
    shown = _shown(own, scores, drafts, frames.moments_ns) if own is not None else {}
    if own is not None:
        held_own = ((each.frame, each.box_xyxy) for each in held(own, frames))
        for number, box in (*own.boxes.items(), *held_own):
            if number not in shown:
                drafts[number].hidden.append(box)
                drafts[number].doubts.add("own hidden")
    return [
        Veil(_stacked(d.hidden), _stacked(d.there), shown.get(number), frozenset(d.doubts))
        for number, d in enumerate(drafts)
    ]


def veiled(picture_bgr: ByteArray, veil: Veil) -> ByteArray:
    """A copy in which nobody but the own face can be made out."""
    size_wh = picture_bgr.shape[1], picture_bgr.shape[0]
    done = picture_bgr.copy()
    for box in veil.hidden_xyxy:
        _fill(done, grow(_head(box), 0.0, size_wh))
    if veil.own_xyxy is not None:
        left, top, right, bottom = grow(veil.own_xyxy, OWN_MARGIN, size_wh)
        done[top:bottom, left:right] = picture_bgr[top:bottom, left:right]
        for box in veil.before_xyxy:
            _fill(done, grow(box, 0.0, size_wh))
    return done


def _hide(path: FacePath, drafts: Sequence[_Draft], frames: Frames) -> None:
    for number, box in path.boxes.items():
        drafts[number].hidden.append(box)
        drafts[number].there.append(box)
        if not path.sure:
            drafts[number].doubts.add("uncertain")
    for each in held(path, frames):
        drafts[each.frame].hidden.append(each.box_xyxy)
        drafts[each.frame].doubts.add("held" if path.sure else "uncertain")
        if each.between:
            drafts[each.frame].perhaps.append(each.box_xyxy)


def _shown(
    own: FacePath,
    scores: OwnScores,
    drafts: Sequence[_Draft],
    moments_ns: Sequence[int],
) -> dict[int, FloatArray]:
    """Frames in which the own face is shown, and where."""
    free = {n: box for n, box in own.boxes.items() if not _crowded(box, drafts[n].there)}
    shown = {n for n in free if scores.cosines.get(n, -1.0) >= scores.same}
    alone = {n for n in free if n in shown or not _crowded(free[n], drafts[n].perhaps)}
    for way in (1, -1):
        numbers = list(own.boxes)[::way]
        since_ns: int | None = None
        for before, number in pairwise([numbers[0], *numbers]):
            if number not in alone or scores.cosines.get(number, -1.0) < scores.other:
                since_ns = None
            elif number in shown and scores.cosines[number] >= scores.same:
                since_ns = moments_ns[number]
            elif since_ns is not None and _goes_on(own, before, number):
                if abs(moments_ns[number] - since_ns) <= LEANS_NS:
                    shown.add(number)
            else:
                since_ns = None
    return {number: free[number] for number in sorted(shown)}


def _goes_on(own: FacePath, before: int, number: int) -> bool:
    """Whether it was found in every frame between, and about there."""
    overlap = iou(own.boxes[before][None], own.boxes[number][None])[0, 0]
    return abs(number - before) <= 1 and bool(overlap >= STEADY_IOU)


def _crowded(box_xyxy: FloatArray, others: Sequence[FloatArray]) -> bool:
    if not others:
        return False
    boxes = np.stack(others)
    smaller = np.minimum(areas(boxes), areas(box_xyxy[None]))
    shared = intersections(boxes, box_xyxy[None])[:, 0]
    return bool((shared > CROWDED * np.maximum(smaller, 1e-6)).any())


def _head(face_xyxy: FloatArray) -> FloatArray:
    left, top, right, bottom = face_xyxy
    beside, above, below = np.multiply(HEAD, (right - left, bottom - top, bottom - top)) + LEAST_PX
    return np.array([left - beside, top - above, right + beside, bottom + below], np.float32)


def _fill(picture_bgr: ByteArray, part: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = part
    if right > left and bottom > top:
        picture_bgr[top:bottom, left:right] = FILL


def _stacked(boxes: Sequence[FloatArray]) -> FloatArray:
    return np.stack(boxes) if boxes else np.zeros((0, 4), np.float32)
