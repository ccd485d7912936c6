"""Where somebody walks, as the picture shows it: from the first and the last box of a track. Pure.

How far a face moved is told in its own widths: about 0.16 m, wherever it stands.
"""

from __future__ import annotations

import math

from lfr_batch.live.records import Heading
from lfr_batch.records import FloatArray, Track

LEAST_WIDTHS = 1.0
"""Whoever moves less across may be shifting their weight, or the detector its box."""
GROWN = 1.25
"""A face that many times as wide came closer by a fifth of its distance."""
ACROSS_WIDTHS = 4.0
"""So far across is more than what such a step towards the camera is at the distances of a van."""


def heading_of(track: Track) -> Heading | None:
    """None: it hardly moved."""
    return heading_between(track.first_box_xyxy, track.last_box_xyxy)


def heading_between(first_xyxy: FloatArray, last_xyxy: FloatArray) -> Heading | None:
    """(4,) boxes of one face."""
    first_px, last_px = (_size_px(box) for box in (first_xyxy, last_xyxy))
    across_px = float(last_xyxy[0] + last_xyxy[2] - first_xyxy[0] - first_xyxy[2]) / 2
    across, grown = across_px / math.sqrt(first_px * last_px), last_px / first_px
    is_across = abs(across) >= LEAST_WIDTHS
    if max(grown, 1 / grown) >= GROWN and abs(across) < ACROSS_WIDTHS:
        return "towards" if grown > 1 else "away"
    return ("right" if across > 0 else "left") if is_across else None


def _size_px(box_xyxy: FloatArray) -> float:
    """Of both sides: a head that turns gets narrower, not shorter."""
    width, height = (float(side) for side in box_xyxy[2:] - box_xyxy[:2])
    return math.sqrt(max(width, 1.0) * max(height, 1.0))
