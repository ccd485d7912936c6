"""Faces followed through every frame of a clip, backwards as well as forwards. Pure.

A detector misses a face now and then. Since a clip is looked at before anything of it is shown, a
face that was seen before and after is known to be between, and who was seen a moment ago, or will
be in a moment, is taken to be there already: where, grows with the time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lfr_batch.config.schema import TrackConfig
from lfr_batch.faces.boxes import centres
from lfr_batch.records import NS_PER_S, FaceBatch, FloatArray
from lfr_batch.tracks.tracker import TrackerState, close_all, look

HOLD_NS = NS_PER_S
"""Before its first and after its last finding a face is hidden for so long,"""
DOUBTED_HOLD_NS = NS_PER_S // 5
"""and one that may be none, or that would have to be there through a cut, for so long."""
SPREAD_PER_S = 0.5
"""By so much of its sides a box grows in every second in which nobody saw it."""
FARTHEST = 1.5
"""In its sides, how far a face is thought to move on meanwhile."""
SPEED_NS = NS_PER_S // 3
"""Speed is measured over so long,"""
LEAST_SPEED_NS = NS_PER_S // 8
"""and not over less than this: boxes tremble from frame to frame."""


@dataclass(frozen=True, slots=True)
class FacePath:
    """One face through a clip: boxes (4,) by the number of the frame, in order."""

    boxes: Mapping[int, FloatArray]
    sure: bool
    """Whether any of its findings was more than a doubtful one."""

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last frame in which it was found."""
        numbers = list(self.boxes)
        return numbers[0], numbers[-1]


@dataclass(frozen=True, slots=True)
class Frames:
    """When the frames of a clip are shown, nanoseconds, rising; and which of them begin a scene."""

    moments_ns: Sequence[int]
    cuts: frozenset[int] = frozenset()

    def scene(self, number: int) -> int:
        return sum(cut <= number for cut in self.cuts)


@dataclass(frozen=True, slots=True)
class HeldBox:
    """(4,) where somebody is taken to be in a frame in which nobody found them."""

    frame: int
    box_xyxy: FloatArray
    between: bool
    """They were found before and after."""


def face_paths(
    found: Sequence[FaceBatch], frames: Frames, limits: TrackConfig, sure_score: float
) -> list[FacePath]:
    """``found`` is of all frames. No path leads through a cut."""
    boxes: dict[int, dict[int, FloatArray]] = {}
    best: dict[int, float] = {}
    state = TrackerState()
    for number, (faces, moment_ns) in enumerate(zip(found, frames.moments_ns, strict=True)):
        if number in frames.cuts:
            state, _ = close_all(state)
        state, _ = look(state, moment_ns, faces, [None] * len(faces), limits)
        for track in state.open_tracks:
            if track.end_ns != moment_ns:
                continue
            boxes.setdefault(track.number, {})[number] = track.last_box_xyxy
            at = int(np.argmax((faces.boxes_xyxy == track.last_box_xyxy).all(axis=1)))
            best[track.number] = max(best.get(track.number, 0.0), float(faces.scores[at]))
    return [FacePath(path, best[track] >= sure_score) for track, path in boxes.items()]


def held(path: FacePath, frames: Frames) -> Iterator[HeldBox]:
    """Where it may be in frames in which it was not found."""
    numbers, moments_ns = list(path.boxes), frames.moments_ns
    first, last = path.span
    for number, moment_ns in enumerate(moments_ns):
        if number in path.boxes:
            continue
        if first < number < last:
            at = bisect_left(numbers, number)
            box = _between(path, numbers[at - 1], numbers[at], number, moments_ns)
            yield HeldBox(number, box, between=True)
            continue
        edge, inwards = (first, 1) if number < first else (last, -1)
        lasting = path.sure and frames.scene(edge) == frames.scene(number)
        away_ns = abs(moment_ns - moments_ns[edge])
        if away_ns <= (HOLD_NS if lasting else DOUBTED_HOLD_NS):
            yield HeldBox(number, _beyond(path, edge, inwards, away_ns, moments_ns), between=False)


def _between(
    path: FacePath, before: int, after: int, number: int, moments_ns: Sequence[int]
) -> FloatArray:
    whole_ns = max(moments_ns[after] - moments_ns[before], 1)
    share = (moments_ns[number] - moments_ns[before]) / whole_ns
    box = path.boxes[before] * (1 - share) + path.boxes[after] * share
    near_ns = min(share, 1 - share) * whole_ns
    return _spread(np.asarray(box, np.float32), near_ns)


def _beyond(
    path: FacePath, edge: int, inwards: int, away_ns: int, moments_ns: Sequence[int]
) -> FloatArray:
    """Where it was and where it would be by now, and all between."""
    box = path.boxes[edge]
    inner = _inner(path, edge, inwards, moments_ns)
    lasted_ns = abs(moments_ns[edge] - moments_ns[inner])
    step = centres(box[None])[0] - centres(path.boxes[inner][None])[0]
    side = float((box[2:] - box[:2]).max())
    times = away_ns / lasted_ns if lasted_ns >= LEAST_SPEED_NS else 0.0
    there = box + np.tile(np.clip(step * times, -FARTHEST * side, FARTHEST * side), 2)
    both = np.concatenate([np.minimum(box[:2], there[:2]), np.maximum(box[2:], there[2:])])
    return _spread(np.asarray(both, np.float32), away_ns, side)


def _inner(path: FacePath, edge: int, inwards: int, moments_ns: Sequence[int]) -> int:
    """A frame of the path from which to that at its edge its speed is measured."""
    inner = edge
    for number in list(path.boxes)[::inwards]:
        if abs(moments_ns[number] - moments_ns[edge]) > SPEED_NS:
            break
        inner = number
    return inner


def _spread(box_xyxy: FloatArray, unseen_ns: float, side_px: float | None = None) -> FloatArray:
    side = float((box_xyxy[2:] - box_xyxy[:2]).max()) if side_px is None else side_px
    room = SPREAD_PER_S * side * unseen_ns / NS_PER_S
    return np.asarray(box_xyxy + np.array([-room, -room, room, room]), np.float32)
