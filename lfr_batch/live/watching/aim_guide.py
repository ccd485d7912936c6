"""What a camera that is being aimed sees of faces: how many, how large, how many would be compared.
Pure.

People are followed as they are while watching, so that somebody who stands there is one face. Of
each there are numbers alone: no picture, no landmark, no template.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lfr_batch.config.live import LiveConfig
from lfr_batch.faces.boxes import shorter_sides
from lfr_batch.faces.quality import ACCEPTED
from lfr_batch.live.records import AimGuide, Light
from lfr_batch.records import NS_PER_S, FaceBatch, Track, nanoseconds
from lfr_batch.tracks import tracker

WINDOW_NS = 60 * NS_PER_S
SETTLED_NS = NS_PER_S
"""Somebody who is still in view counts as not compared once they have been so for as long."""
BRIEF = "brief"
"""The reason where some looks were good, and too few of them."""
SMALL = "small"
MOST_REASONS = 500
"""Of somebody who stands there for minutes."""


@dataclass(frozen=True, slots=True)
class FollowedFace:
    """Somebody in view."""

    width_px: float = 0.0
    """Shorter side of the box when it was largest."""
    good: int = 0
    """Looks that would be compared, as far apart as shots are."""
    last_good_ns: int | None = None
    reasons: tuple[str, ...] = ()
    """Of the other looks."""


@dataclass(frozen=True, slots=True)
class PassedFace:
    """Somebody who was in view."""

    seen_ns: int
    width_px: float
    reason: str
    """Why they would not be compared; empty where they would."""


@dataclass(frozen=True, slots=True)
class AimState:
    tracks: tracker.TrackerState = field(default_factory=tracker.TrackerState)
    followed: Mapping[int, FollowedFace] = field(default_factory=dict)
    """By track number; only of open tracks."""
    passed: tuple[PassedFace, ...] = ()
    """Of the last minute."""


def with_look(
    state: AimState, pts_ns: int, faces: FaceBatch, reasons: Sequence[str], config: LiveConfig
) -> AimState:
    """After a look at a whole picture; ``reasons``: why each face would not be compared."""
    nothing_kept = [None] * len(faces)
    tracks, closed = tracker.look(state.tracks, pts_ns, faces, nothing_kept, config.track)
    gone = [_passed(track, state.followed, config) for track in closed if _counts(track, config)]
    recent = (*(p for p in state.passed if p.seen_ns > pts_ns - WINDOW_NS), *gone)
    followed = {
        track.number: _seen(state.followed.get(track.number), track, pts_ns, faces, reasons, config)
        for track in tracks.open_tracks
    }
    return AimState(tracks, followed, recent)


def guide_of(
    state: AimState,
    frame_wh: tuple[int, int],
    config: LiveConfig,
    light: Light | None,
    edge_px: float | None,
    is_soft: bool,
) -> AimGuide:
    found = (*state.passed, *_in_view(state, config))
    reasons = Counter(face.reason for face in found if face.reason != ACCEPTED)
    widths = [face.width_px for face in found]
    small = [face.width_px for face in found if face.reason == SMALL]
    return AimGuide(
        frame_wh=frame_wh,
        faces=len(found),
        compared=len(found) - reasons.total(),
        reasons=dict(reasons.most_common()),
        width_px=(min(widths), float(np.median(widths)), max(widths)) if widths else None,
        small_px=float(np.median(small)) if small else None,
        least_px=config.quality.min_face_px,
        light=light,
        edge_px=edge_px,
        is_soft=is_soft,
    )


def _counts(track: Track, config: LiveConfig) -> bool:
    return track.frames >= config.track.min_frames


def _in_view(state: AimState, config: LiveConfig) -> Iterator[PassedFace]:
    """Those of whom more is known than that they have just come."""
    for track in state.tracks.open_tracks:
        face = _passed(track, state.followed, config)
        settled = track.end_ns - track.start_ns >= SETTLED_NS or face.reason == ACCEPTED
        if _counts(track, config) and settled:
            yield face


def _passed(track: Track, followed: Mapping[int, FollowedFace], config: LiveConfig) -> PassedFace:
    face = followed[track.number]
    return PassedFace(track.end_ns, face.width_px, _reason(face, config))


def _reason(face: FollowedFace, config: LiveConfig) -> str:
    if face.good >= config.watch.confirm_shots:
        return ACCEPTED
    if face.good or not face.reasons:
        return BRIEF
    [(reason, _)] = Counter(face.reasons).most_common(1)
    return reason


def _seen(
    known: FollowedFace | None,
    track: Track,
    pts_ns: int,
    faces: FaceBatch,
    reasons: Sequence[str],
    config: LiveConfig,
) -> FollowedFace:
    """With what this look shows of the track's face, if it shows it."""
    face = known or FollowedFace()
    its = [i for i, box in enumerate(faces.boxes_xyxy) if np.array_equal(box, track.last_box_xyxy)]
    if track.end_ns != pts_ns or not its:
        return face
    width_px = max(face.width_px, float(shorter_sides(faces.boxes_xyxy[its[:1]])[0]))
    reason = reasons[its[0]]
    if reason != ACCEPTED:
        return replace(face, width_px=width_px, reasons=(*face.reasons, reason)[-MOST_REASONS:])
    spacing_ns = nanoseconds(config.track.shot_spacing_s)
    if face.last_good_ns is not None and pts_ns - face.last_good_ns < spacing_ns:
        return replace(face, width_px=width_px)
    return replace(face, width_px=width_px, good=face.good + 1, last_good_ns=pts_ns)
