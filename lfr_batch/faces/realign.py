"""Landmarks found again on best shots, in full precision and at a size that suits the detector.

Frames are searched small and fast; that finds faces, but places landmarks a pixel off, and a
template is only as good as its alignment. The few shots that make a template are worth a second
look, and heads that are tilted a third one, turned upright: detectors have learnt from upright
faces and put a tilted one's landmarks too upright.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lfr_batch.faces.alignment import similarity_transforms
from lfr_batch.faces.boxes import centres, iou
from lfr_batch.faces.detectors import Detector, Input
from lfr_batch.faces.letterbox import Letterbox
from lfr_batch.records import FaceBatch, FaceView, FloatArray

FACE_PX = 96.0
"""Longer side of the face in the second look."""
INPUT_PX = 160
"""Side of the second look: one size for all, since every new size costs a preparation."""
SAME_FACE_IOU = 0.4
SURE_IOU, SURE_SCORE = 0.5, 0.6
"""What a second detector has to say of a face that the first does not find again
(docs/performance.md)."""
ENLARGED_BELOW_PX = 32.0
"""Shorter side of a face from which on its second look is not enlarged."""
LARGEST_SCALE = 3.0
TILTED_DEG = 15.0
"""Below, a look at the upright head hardly changes a template (docs/performance.md)."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    landmarks_xy: FloatArray
    """(5, 2) in pixels of the view; its own where the second look does not find the face."""
    is_face: bool


def realign(views: Sequence[FaceView], detector: Detector) -> list[FloatArray]:
    """(5, 2) landmarks of each view; its own where the second look does not find the face.

    A detector with one size of input would look at small cuttings at great cost, and does not.
    """
    return [look.landmarks_xy for look in look_again(views, detector)]


def look_again(
    views: Sequence[FaceView], detector: Detector, other: Detector | None = None
) -> list[SecondLook]:
    """As ``realign``, and whether there is a face at all; ``other`` is asked where the detector
    sees none. Backs of heads, hands and plants pass a first look that is small and fast."""
    if not detector.reading.any_size:
        return [SecondLook(view.landmarks_xy, is_face=True) for view in views]
    found = detector.detect_all(_second_look(view) for view in views)
    seen_xy = [
        _landmarks_at(view.box_xyxy, faces) for view, faces in zip(views, found, strict=True)
    ]
    is_face = [points is not None for points in seen_xy]
    landmarks = [
        view.landmarks_xy if points is None else points
        for view, points in zip(views, seen_xy, strict=True)
    ]
    if other is not None:
        doubted = [i for i, seen in enumerate(is_face) if not seen]
        looks = other.detect_all(_second_look(views[i]) for i in doubted)
        for i, faces in zip(doubted, looks, strict=True):
            is_face[i] = _is_sure(views[i].box_xyxy, faces)
    upright = look_upright(views, landmarks, detector)
    return [SecondLook(points, seen) for points, seen in zip(upright, is_face, strict=True)]


def _is_sure(wanted_xyxy: FloatArray, faces: FaceBatch) -> bool:
    overlap = iou(faces.boxes_xyxy, wanted_xyxy[None])[:, 0]
    return bool(((overlap >= SURE_IOU) & (faces.scores >= SURE_SCORE)).any())


def look_upright(
    views: Sequence[FaceView], landmarks_xy: Sequence[FloatArray], detector: Detector
) -> list[FloatArray]:
    """(5, 2) landmarks of each view; those of tilted heads found anew with the head upright."""
    better_xy = list(landmarks_xy)
    if not detector.reading.any_size:
        return better_xy
    rolls_deg = [roll_deg(points_xy) for points_xy in landmarks_xy]
    tilted = [i for i, roll in enumerate(rolls_deg) if abs(roll) > TILTED_DEG]
    turns = [_turn(views[i], rolls_deg[i]) for i in tilted]
    looks = (_turned(views[i], turn) for i, turn in zip(tilted, turns, strict=True))
    for i, turn, faces in zip(tilted, turns, detector.detect_all(looks), strict=True):
        better_xy[i] = _turned_back(views[i], turn, faces, landmarks_xy[i])
    return better_xy


def roll_deg(landmarks_xy: FloatArray) -> float:
    """How far the head is tilted clockwise, by the fit of all five landmarks."""
    ((cos, _, _), (sin, _, _)) = similarity_transforms(landmarks_xy[None])[0]
    return float(-np.degrees(np.arctan2(sin, cos)))


def _second_look(view: FaceView) -> Input:
    """The middle of the view around the face, enlarged where the face is small."""
    height, width = view.bgr.shape[:2]
    scale = _scale(view)
    content_wh = max(1, round(width * scale)), max(1, round(height * scale))
    scale_xy = content_wh[0] / width, content_wh[1] / height
    centre = centres(view.box_xyxy[None])[0] * np.array(scale_xy, np.float32)
    last = np.maximum(np.array(content_wh) - INPUT_PX, 0)
    left, top = (int(x) for x in np.clip(np.round(centre - INPUT_PX / 2), 0, last))
    box = Letterbox(content_wh, (INPUT_PX, INPUT_PX), scale_xy, (left, top))
    scaled = cv2.resize(view.bgr, content_wh, interpolation=_resampling(scale))
    return box.cut(np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB), np.uint8)), box


def _landmarks_at(wanted_xyxy: FloatArray, faces: FaceBatch) -> FloatArray | None:
    """Of the face whose box is the wanted one; None where there is no such face."""
    overlap = iou(faces.boxes_xyxy, wanted_xyxy[None])[:, 0]
    if not len(faces) or overlap.max() < SAME_FACE_IOU:
        return None
    return np.asarray(faces.landmarks_xy[int(np.argmax(overlap))], np.float32)


def _scale(view: FaceView) -> float:
    """Detectors place landmarks to a part of their cells' size: for small faces, that is much."""
    sides = view.box_xyxy[2:] - view.box_xyxy[:2]
    fitting = FACE_PX / max(float(sides.max()), 1.0)
    small = float(sides.min()) < ENLARGED_BELOW_PX * view.scale
    return min(LARGEST_SCALE if small else 1.0, fitting)


def _resampling(scale: float) -> int:
    """Averages where there are fewer pixels than before, cubic between them where more."""
    return cv2.INTER_CUBIC if scale > 1.0 else cv2.INTER_AREA


def _turn(view: FaceView, clockwise_deg: float) -> FloatArray:
    """(2, 3) from the view to an input with the head upright and its box in the middle."""
    x, y = (float(value) for value in centres(view.box_xyxy[None])[0])
    turn = np.asarray(cv2.getRotationMatrix2D((x, y), clockwise_deg, _scale(view)))
    to_middle = np.array([[0, 0, INPUT_PX / 2 - x], [0, 0, INPUT_PX / 2 - y]])
    return np.asarray(turn + to_middle, np.float32)


def _turned(view: FaceView, turn: FloatArray) -> Input:
    size_wh = INPUT_PX, INPUT_PX
    flags = cv2.INTER_CUBIC if _scale(view) > 1.0 else cv2.INTER_LINEAR
    content = cv2.warpAffine(view.bgr, turn, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    rgb = np.asarray(cv2.cvtColor(content, cv2.COLOR_BGR2RGB), np.uint8)
    return rgb, Letterbox(size_wh, size_wh, (1.0, 1.0))


def _turned_back(
    view: FaceView, turn: FloatArray, faces: FaceBatch, landmarks_xy: FloatArray
) -> FloatArray:
    """The landmarks of the face that was looked at; as they were where it is not found."""
    half = (view.box_xyxy[2:] - view.box_xyxy[:2]) * np.float32(_scale(view) / 2)
    wanted_xyxy = np.concatenate([INPUT_PX / 2 - half, INPUT_PX / 2 + half])
    points_xy = _landmarks_at(wanted_xyxy, faces)
    if points_xy is None:
        return landmarks_xy
    back = cv2.invertAffineTransform(turn)
    return np.asarray(points_xy @ back[:, :2].T + back[:, 2], np.float32)
