"""The tracker: a reducer from looks to tracks. Pure.

State in, state and closed tracks out; nothing is remembered elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lfr_batch.config.schema import TrackConfig
from lfr_batch.faces.boxes import centres, lies_inside
from lfr_batch.records import NS_PER_S, FaceBatch, FloatArray, Shot, Track, nanoseconds
from lfr_batch.tracks.association import associate
from lfr_batch.tracks.best_shot import keep_best
from lfr_batch.tracks.patience import COMPANY_NS, patience_ns

MOVED = 0.25
"""How far a face may move between two looks, in its sides, and its track still be held."""


@dataclass(frozen=True, slots=True)
class TrackerState:
    open_tracks: tuple[Track, ...] = ()
    next_number: int = 0
    looked_ns: int | None = None
    """The last look that was analysed."""
    interval_ns: int | None = None
    """From the look before to that one; None before the second."""

    def after(self, pts_ns: int) -> TrackerState:
        """The same after a look at ``pts_ns``."""
        interval_ns = None if self.looked_ns is None else pts_ns - self.looked_ns
        return replace(self, looked_ns=pts_ns, interval_ns=interval_ns)


def look(
    state: TrackerState,
    pts_ns: int,
    faces: FaceBatch,
    shots: Sequence[Shot | None],
    limits: TrackConfig,
    shown_xyxy: FloatArray | None = None,
) -> tuple[TrackerState, tuple[Track, ...]]:
    """Take in the faces of one look; ``shots[i]`` is None where face i was refused.

    ``shown_xyxy`` (4,) is the part of the picture that was looked at, None for all of it: nothing
    changed in the rest, so whoever was seen there would be seen again.
    """
    patience = patience_ns(limits, state.interval_ns)
    open_tracks = tuple(_with_company(track, pts_ns) for track in state.open_tracks)
    known, expired = _expire(open_tracks, pts_ns - patience)
    pairs = associate(known, faces.boxes_xyxy, pts_ns, limits, state.looked_ns)
    face_of_track = dict(pairs)
    taken = set(face_of_track.values())
    followed = [
        _extend(track, pts_ns, faces.boxes_xyxy[face_of_track[i]], shots[face_of_track[i]], limits)
        if i in face_of_track
        else _held(track, pts_ns, state.looked_ns, shown_xyxy)
        for i, track in enumerate(known)
    ]
    fresh = [i for i in range(len(faces)) if i not in taken]
    alone = state.looked_ns is None or pts_ns - state.looked_ns > COMPANY_NS
    begun = [
        _begin(state.next_number + n, pts_ns, faces.boxes_xyxy[i], shots[i], alone=alone)
        for n, i in enumerate(fresh)
    ]
    tracks, number = (*followed, *begun), state.next_number + len(begun)
    return replace(state, open_tracks=tracks, next_number=number).after(pts_ns), expired


def hold(state: TrackerState, pts_ns: int) -> TrackerState:
    """Nothing changed since the last look: whoever was seen then would be seen again."""
    held = tuple(_seen_still(track, pts_ns, state.looked_ns) for track in state.open_tracks)
    return replace(state, open_tracks=held).after(pts_ns)


def _with_company(track: Track, pts_ns: int) -> Track:
    """A look that is near shows that a face that is there would be seen again."""
    near = 0 < pts_ns - track.end_ns <= COMPANY_NS
    return replace(track, alone=False) if track.alone and near else track


def _held(track: Track, pts_ns: int, looked_ns: int | None, shown_xyxy: FloatArray | None) -> Track:
    """A track without a face in this look: gone, or not well inside what was looked at."""
    if shown_xyxy is None or lies_inside(_widened(track.last_box_xyxy), shown_xyxy):
        return track
    return _seen_still(track, pts_ns, looked_ns)


def _widened(box_xyxy: FloatArray) -> FloatArray:
    """A face that moved a little since may have been cut by the border of the part."""
    room = MOVED * (box_xyxy[2:] - box_xyxy[:2])
    return np.concatenate([box_xyxy[:2] - room, box_xyxy[2:] + room])


def _seen_still(track: Track, pts_ns: int, looked_ns: int | None) -> Track:
    if track.end_ns != looked_ns:
        return track
    return replace(track, end_ns=pts_ns, frames=track.frames + 1)


def close_all(state: TrackerState) -> tuple[TrackerState, tuple[Track, ...]]:
    """End every track: the footage ended, or the scene was cut."""
    return TrackerState((), state.next_number, None), state.open_tracks


def _expire(
    tracks: tuple[Track, ...], oldest_ns: int
) -> tuple[tuple[Track, ...], tuple[Track, ...]]:
    known = tuple(track for track in tracks if track.end_ns >= oldest_ns)
    return known, tuple(track for track in tracks if track.end_ns < oldest_ns)


def _extend(
    track: Track, pts_ns: int, box_xyxy: FloatArray, shot: Shot | None, limits: TrackConfig
) -> Track:
    spacing_ns = nanoseconds(limits.shot_spacing_s)
    shots = keep_best(track.shots, shot, limits.shots, spacing_ns) if shot else track.shots
    return replace(
        track,
        end_ns=pts_ns,
        last_box_xyxy=box_xyxy,
        frames=track.frames + 1,
        shots=shots,
        velocity_px_s=_velocity(track, pts_ns, box_xyxy),
    )


def _velocity(track: Track, pts_ns: int, box_xyxy: FloatArray) -> tuple[float, float]:
    elapsed_s = max(pts_ns - track.end_ns, 1) / NS_PER_S
    before, after = centres(np.stack([track.last_box_xyxy, box_xyxy]))
    across, down = after - before
    return float(across) / elapsed_s, float(down) / elapsed_s


def _begin(
    number: int, pts_ns: int, box_xyxy: FloatArray, shot: Shot | None, *, alone: bool
) -> Track:
    shots = (shot,) if shot else ()
    return Track(number, pts_ns, pts_ns, box_xyxy, box_xyxy, 1, shots, alone)
