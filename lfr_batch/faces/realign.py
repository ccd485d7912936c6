"""Landmarks found again on best shots, in full precision and at a size that suits the detector.

Frames are searched small and fast; that finds faces, but places landmarks a pixel off, and a
template is only as good as its alignment. The few shots that make a template are worth a second
look.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from lfr_batch.faces.boxes import centres, iou
from lfr_batch.faces.detectors import Detector, Input
from lfr_batch.faces.letterbox import Letterbox
from lfr_batch.records import FaceBatch, FaceView, FloatArray

FACE_PX = 96.0
"""Longer side of the face in the second look."""
INPUT_PX = 160
"""Side of the second look: one size for all, since every new size costs a preparation."""
SAME_FACE_IOU = 0.4


def realign(views: Sequence[FaceView], detector: Detector) -> list[FloatArray]:
    """(5, 2) landmarks of each view; its own where the second look does not find the face.

    A detector with one size of input would look at small cuttings at great cost, and does not.
    """
    if not detector.reading.any_size:
        return [view.landmarks_xy for view in views]
    found = detector.detect_all(_second_look(view) for view in views)
    return [_landmarks(view, faces) for view, faces in zip(views, found, strict=True)]


def _second_look(view: FaceView) -> Input:
    """The middle of the view around the face, never enlarged."""
    height, width = view.bgr.shape[:2]
    sides = view.box_xyxy[2:] - view.box_xyxy[:2]
    scale = min(1.0, FACE_PX / max(float(sides.max()), 1.0))
    content_wh = max(1, round(width * scale)), max(1, round(height * scale))
    scale_xy = content_wh[0] / width, content_wh[1] / height
    centre = centres(view.box_xyxy[None])[0] * np.array(scale_xy, np.float32)
    last = np.maximum(np.array(content_wh) - INPUT_PX, 0)
    left, top = (int(x) for x in np.clip(np.round(centre - INPUT_PX / 2), 0, last))
    box = Letterbox(content_wh, (INPUT_PX, INPUT_PX), scale_xy, (left, top))
    scaled = cv2.resize(view.bgr, content_wh, interpolation=cv2.INTER_AREA)
    return box.cut(np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB), np.uint8)), box


def _landmarks(view: FaceView, faces: FaceBatch) -> FloatArray:
    overlap = iou(faces.boxes_xyxy, view.box_xyxy[None])[:, 0]
    if not len(faces) or overlap.max() < SAME_FACE_IOU:
        return view.landmarks_xy
    return np.asarray(faces.landmarks_xy[int(np.argmax(overlap))], np.float32)
