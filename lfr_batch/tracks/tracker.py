"""The tracker: a reducer from looks to tracks.

State in, state and closed tracks out; nothing is remembered elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lfr_batch.config.schema import TrackConfig
from lfr_batch.records import FaceBatch, FloatArray, Shot, Track, nanoseconds
from lfr_batch.tracks.association import associate
from lfr_batch.tracks.best_shot import keep_best


@dataclass(frozen=True, slots=True)
class TrackerState:
    open_tracks: tuple[Track, ...] = ()
    next_number: int = 0
    looked_ns: int | None = None
    """The last look that was analysed."""


def look(
    state: TrackerState,
    pts_ns: int,
    faces: FaceBatch,
    shots: Sequence[Shot | None],
    limits: TrackConfig,
) -> tuple[TrackerState, tuple[Track, ...]]:
    """Take in the faces of one look; ``shots[i]`` is None where face i was refused."""
    known, expired = _expire(state.open_tracks, pts_ns, limits)
    pairs = associate(_last_boxes(known), faces.boxes_xyxy, limits)
    face_of_track = dict(pairs)
    taken = set(face_of_track.values())
    followed = [
        _extend(track, pts_ns, faces.boxes_xyxy[face_of_track[i]], shots[face_of_track[i]], limits)
        if i in face_of_track
        else track
        for i, track in enumerate(known)
    ]
    fresh = [i for i in range(len(faces)) if i not in taken]
    begun = [
        _begin(state.next_number + n, pts_ns, faces.boxes_xyxy[i], shots[i])
        for n, i in enumerate(fresh)
    ]
    return TrackerState((*followed, *begun), state.next_number + len(begun), pts_ns), expired


def hold(state: TrackerState, pts_ns: int) -> TrackerState:
    """Nothing changed since the last look: whoever was seen then would be seen again."""
    held = [
        replace(track, end_ns=pts_ns, frames=track.frames + 1)
        if track.end_ns == state.looked_ns
        else track
        for track in state.open_tracks
    ]
    return replace(state, open_tracks=tuple(held), looked_ns=pts_ns)


def close_all(state: TrackerState) -> tuple[TrackerState, tuple[Track, ...]]:
    """End every track: the footage ended, or the scene was cut."""
    return TrackerState((), state.next_number, None), state.open_tracks


def _expire(
    tracks: tuple[Track, ...], pts_ns: int, limits: TrackConfig
) -> tuple[tuple[Track, ...], tuple[Track, ...]]:
    oldest_ns = pts_ns - nanoseconds(limits.max_gap_s)
    known = tuple(track for track in tracks if track.end_ns >= oldest_ns)
    return known, tuple(track for track in tracks if track.end_ns < oldest_ns)


def _last_boxes(tracks: tuple[Track, ...]) -> FloatArray:
    boxes = [track.last_box_xyxy for track in tracks]
    return np.stack(boxes) if boxes else np.zeros((0, 4), np.float32)


def _extend(
    track: Track, pts_ns: int, box_xyxy: FloatArray, shot: Shot | None, limits: TrackConfig
) -> Track:
    spacing_ns = nanoseconds(limits.shot_spacing_s)
    shots = keep_best(track.shots, shot, limits.shots, spacing_ns) if shot else track.shots
    return replace(
        track, end_ns=pts_ns, last_box_xyxy=box_xyxy, frames=track.frames + 1, shots=shots
    )


def _begin(number: int, pts_ns: int, box_xyxy: FloatArray, shot: Shot | None) -> Track:
    shots = (shot,) if shot else ()
    return Track(number, pts_ns, pts_ns, box_xyxy, box_xyxy, 1, shots)
