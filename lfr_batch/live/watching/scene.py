"""The whole picture of a moment for an officer's eyes: one person, everyone else hidden. Pure.

Faces that are known of become a few flat cells. Since a detector may miss one, only the person's
own head is sharp: of what is below it clothing can be told, of the street its layout, and in
neither is enough left of a face of their size or smaller.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lfr_batch.faces.boxes import areas, grow, intersections
from lfr_batch.faces.evidence import encode_jpeg, evidence, hide_others
from lfr_batch.faces.view import Picture
from lfr_batch.records import ByteArray, FaceView, FloatArray

MAX_SIDE_PX, SMALLER_PX = 1280, (1280, 960, 720, 480, 320)
MAX_BYTES = 250_000
QUALITIES = (85, 70)
BODY_CELLS, STREET_CELLS = 5, 3
"""So many values across a face of the wanted one's width: of their body, and of all the rest."""
MOST_CELLS, LEAST_CELLS = 160, 16
"""Across the longer side of what is softened, however small or large the wanted face."""
SAME_FACE = 0.5
"""A finding is the wanted face itself if the larger of the two boxes lies this far in the other: a
smaller one that lies mostly within it is somebody before or behind."""
MOVED = 0.5
"""By so much of its sides a face that was seen a moment ago may have moved, or grown."""
HEAD = (0.5, 0.5, 0.15)
"""The person's own: beside the face in its widths, above and below it in its heights."""
BODY = (1.8, 8.0)
"""Beside the face, and below it."""
OUTLINE, OUTLINE_PX = 0.3, 2
FURTHER_SIDE = 0.35
"""Of a further shot, what is sharp around the face, in its sides."""


@dataclass(frozen=True, slots=True)
class SceneFaces:
    """Boxes (4,) and (n, 4), pixels of the whole frame."""

    wanted_xyxy: FloatArray
    others_xyxy: FloatArray
    """Everybody who was found in it; the wanted face may be among them."""
    before_xyxy: FloatArray
    """Of tracks that are open: where others were a moment ago."""


def scene_jpeg(frame: Picture, faces: SceneFaces) -> bytes:
    """At most MAX_SIDE_PX on the longer side, and MAX_BYTES."""
    data = b""
    for side_px in SMALLER_PX:
        shown = scene(frame, faces, side_px)
        for quality in QUALITIES:
            data = encode_jpeg(shown, quality)
            if len(data) <= MAX_BYTES:
                return data
    return data


def scene(frame: Picture, faces: SceneFaces, side_px: int = MAX_SIDE_PX) -> ByteArray:
    """(height, width, 3) BGR, the wanted face outlined."""
    width, height = frame.size_wh
    scale = min(1.0, side_px / max(width, height))
    shown_wh = max(round(width * scale), 1), max(round(height * scale), 1)
    sharp = np.asarray(cv2.cvtColor(frame.rgb(*shown_wh), cv2.COLOR_RGB2BGR), np.uint8)
    by = np.array([*shown_wh, *shown_wh], np.float32) / (width, height, width, height)
    wanted = np.asarray(faces.wanted_xyxy * by, np.float32)
    hide_others(sharp, wanted, np.asarray(_others(faces) * by, np.float32))
    face_px = float(wanted[2] - wanted[0])
    shown = softened(sharp, face_px / STREET_CELLS)
    _show(shown, softened(sharp, face_px / BODY_CELLS), body_of(wanted))
    _show(shown, sharp, head_of(wanted))
    _outline(shown, wanted)
    return shown


def further_shot_jpeg(view: FaceView) -> bytes:
    """A face with its surroundings, of which only its own head is sharp."""
    hidden = evidence(view)
    left, _, right, _ = view.box_xyxy
    shown = softened(hidden, float(right - left) / STREET_CELLS)
    margin = FURTHER_SIDE * np.tile(view.box_xyxy[2:] - view.box_xyxy[:2], 2)
    _show(shown, hidden, np.asarray(view.box_xyxy + margin * (-1, -1, 1, 1), np.float32))
    return encode_jpeg(shown)


def softened(picture_bgr: ByteArray, cell_px: float) -> ByteArray:
    """Without anything finer than cells of that size."""
    height, width = picture_bgr.shape[:2]
    longer = max(width, height)
    cell_px = min(max(cell_px, longer / MOST_CELLS, 1.0), longer / LEAST_CELLS)
    cells_wh = max(round(width / cell_px), 1), max(round(height / cell_px), 1)
    cells = cv2.resize(picture_bgr, cells_wh, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(cells, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def head_of(wanted_xyxy: FloatArray) -> FloatArray:
    left, top, right, bottom = wanted_xyxy
    beside, above, below = np.multiply(HEAD, (right - left, bottom - top, bottom - top))
    return np.array([left - beside, top - above, right + beside, bottom + below], np.float32)


def body_of(wanted_xyxy: FloatArray) -> FloatArray:
    left, top, right, bottom = wanted_xyxy
    beside, below = np.multiply(BODY, (right - left, bottom - top))
    return np.array([left - beside, bottom, right + beside, bottom + below], np.float32)


def _others(faces: SceneFaces) -> FloatArray:
    boxes, before = faces.others_xyxy, faces.before_xyxy
    wanted = faces.wanted_xyxy[None]
    larger = np.maximum(areas(boxes), areas(wanted))
    found = boxes[intersections(boxes, wanted)[:, 0] < SAME_FACE * larger]
    room = MOVED * np.tile(before[:, 2:] - before[:, :2], 2) * (-1, -1, 1, 1)
    return np.asarray(np.concatenate([found, before + room]), np.float32)


def _show(shown: ByteArray, of: ByteArray, box_xyxy: FloatArray) -> None:
    left, top, right, bottom = grow(box_xyxy, 0.0, (shown.shape[1], shown.shape[0]))
    shown[top:bottom, left:right] = of[top:bottom, left:right]


def _outline(shown: ByteArray, wanted_xyxy: FloatArray) -> None:
    height, width = shown.shape[:2]
    left, top, right, bottom = grow(wanted_xyxy, OUTLINE, (width, height))
    for px, colour in ((2 * OUTLINE_PX + 1, (20, 20, 20)), (OUTLINE_PX, (255, 255, 255))):
        cv2.rectangle(shown, (left, top), (right - 1, bottom - 1), colour, px)
