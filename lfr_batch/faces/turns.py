"""Which detector's turn it is: most looks at video are quick, some are thorough. Pure.

The quick detector misses some faces in look after look, small tilted ones above all. So every
period begins with as many thorough looks as make a track; the next look, a quick one, checks
whether the quick detector sees the same people. If so, it goes on; if not, the thorough one does,
as often as it takes to follow them.
Where nothing changes, looks are quick once a thorough look has seen what there is.

What was seen counts when a stretch, looks in a row of one kind, is over: what is found does not
depend on how many looks are under way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from lfr_batch.config.schema import DetectConfig, QualityConfig, TrackConfig
from lfr_batch.faces.boxes import centres, lies_inside, shorter_sides
from lfr_batch.records import NS_PER_S, BoolArray, FaceBatch, FloatArray, nanoseconds

Turn = Literal["quick", "thorough"]
Phase = Literal["thorough", "check", "follow", "between"]
Stretch = Literal["thorough", "check", "rest"]

STRETCHES: Mapping[Phase, Stretch] = MappingProxyType(
    {"thorough": "thorough", "check": "check", "follow": "rest", "between": "rest"}
)
FOLLOW_NS = NS_PER_S // 5
"""Closer looks are not needed to follow a face: five a second are the default of scans."""

NEAR = 1.5
"""How far apart, in sides of the larger, a face's places in two looks in a row may be."""


@dataclass(frozen=True, slots=True)
class PhaseState:
    period: int | None = None
    """Number of the period of ``detect.thorough_every_s`` that movement was last seen in."""
    left: int = 0
    """Thorough looks still to come in it."""
    check_due: bool = False
    unsearched: bool = False
    """Whether something may have changed since the last thorough look."""
    slot: int | None = None
    """Number of the slot of ``FOLLOW_NS`` that the last look was in."""


def next_phase(
    state: PhaseState,
    pts_ns: int,
    scene_cut: bool,
    calm: bool,
    detect: DetectConfig,
    track: TrackConfig,
) -> tuple[Phase, PhaseState]:
    """The phase of the look at this moment. ``calm``: nothing has changed for a while.

    Periods are counted from media time 0, so that segments look as one pass over the file would,
    but for their first looks.
    """
    period = state.period if calm else pts_ns // nanoseconds(detect.thorough_every_s)
    slot = pts_ns // FOLLOW_NS
    idle = not state.left and not state.check_due
    begins = scene_cut or period != state.period or (calm and idle and state.unsearched)
    left = track.min_frames if begins else state.left
    if left:
        return "thorough", PhaseState(period, left - 1, left == 1, False, slot)
    if state.check_due:
        return "check", PhaseState(period, 0, False, not calm, slot)
    phase: Phase = "between" if slot == state.slot else "follow"
    return phase, PhaseState(period, 0, False, state.unsearched or not calm, slot)


def _nowhere() -> FloatArray:
    return np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True)
class Sight:
    """What the looks so far say of the two detectors; boxes are (n, 4) in picture pixels."""

    thorough_xyxy: FloatArray = field(default_factory=_nowhere)
    """Faces of the last thorough look."""
    alone_xyxy: FloatArray = field(default_factory=_nowhere)
    """Faces that the thorough detector alone sees."""


def turn_in(phase: Phase, sight: Sight, there: Collection[Turn]) -> Turn:
    """Whose turn a look of this phase is, of the detectors that are ``there``; ``sight`` is what
    was known when its stretch began."""
    if len(there) == 1:
        return next(iter(there))
    followed = phase == "follow" and len(sight.alone_xyxy)
    return "thorough" if phase == "thorough" or followed else "quick"


def learn(
    sight: Sight,
    phase: Phase,
    turn: Turn,
    faces: FaceBatch,
    shown_xyxy: FloatArray | None,
    quality: QualityConfig,
) -> Sight:
    """What is known after a look. ``shown_xyxy`` (4,): the part that was looked at; None: all."""
    if turn == "quick" and phase != "check":
        return sight
    boxes = counting(faces, quality)
    shown = _inside(sight.alone_xyxy, shown_xyxy)
    elsewhere = sight.alone_xyxy[~shown]
    if turn == "thorough":
        followed = boxes[_near(boxes, sight.alone_xyxy[shown])]
        return Sight(boxes, np.concatenate([elsewhere, followed]))
    before = sight.thorough_xyxy[_inside(sight.thorough_xyxy, shown_xyxy)]
    missed = before[~_near(before, boxes)]
    return Sight(_nowhere(), np.concatenate([elsewhere, missed]))


def counting(faces: FaceBatch, quality: QualityConfig) -> FloatArray:
    """(n, 4) boxes of the faces that are large and certain enough to be compared."""
    large = shorter_sides(faces.boxes_xyxy) >= quality.min_face_px
    return faces.boxes_xyxy[large & (faces.scores >= quality.min_detection_score)]


def _inside(boxes_xyxy: FloatArray, shown_xyxy: FloatArray | None) -> BoolArray:
    if shown_xyxy is None:
        return np.ones(len(boxes_xyxy), bool)
    return np.array([lies_inside(box, shown_xyxy) for box in boxes_xyxy], bool)


def _near(boxes_xyxy: FloatArray, others_xyxy: FloatArray) -> BoolArray:
    """(n,) whether any of the others stands where this one may have gone."""
    if not len(others_xyxy):
        return np.zeros(len(boxes_xyxy), bool)
    apart = np.linalg.norm(centres(boxes_xyxy)[:, None] - centres(others_xyxy)[None], axis=2)
    sides = shorter_sides(boxes_xyxy)[:, None], shorter_sides(others_xyxy)[None]
    return np.asarray((apart <= NEAR * np.maximum(*sides)).any(axis=1))
