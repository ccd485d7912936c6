"""Where the eyes are in pictures of one face: found by the run's own detector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from lfr_batch.config.load import parse_config
from lfr_batch.errors import FootageError, LfrError
from lfr_batch.faces.boxes import centres
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.stages import detect_in_still, open_enrol_stages
from lfr_batch.footage.stills import decode_still
from lfr_batch.homes.at_hand import Home, pack_at_hand
from lfr_batch.models.store import load_pack
from lfr_batch.results.run_state import RunRequest
from lfr_batch.storage.store import S3Settings

Eyes = tuple[tuple[float, float], tuple[float, float]]
"""Left and right as seen in the picture, x and y in its pixels."""
LONG_SIDES_PX = (640, 320)


def find_eyes(
    jpegs: Iterable[bytes], request: RunRequest, home: Home, s3: S3Settings
) -> Mapping[bytes, Eyes]:
    """Of each picture in which a face is found about its middle; of none without the models."""
    config = parse_config(request.config, f"the request of run {request.run_id}")
    try:
        pack = load_pack(pack_at_hand(home, config.pack, s3), config.pack)
        detector = open_enrol_stages(pack, config, threads=1).exact_detector
    except LfrError:
        return {}
    found = ((jpeg, _eyes_in(jpeg, detector)) for jpeg in dict.fromkeys(jpegs))
    return {jpeg: eyes for jpeg, eyes in found if eyes is not None}


def _eyes_in(jpeg: bytes, detector: Detector) -> Eyes | None:
    try:
        picture = decode_still("a picture of one face", jpeg)
    except FootageError:
        return None
    faces = detect_in_still(detector, picture, LONG_SIDES_PX)
    if not len(faces):
        return None
    middle = np.array(picture.size_wh, np.float32) / 2
    nearest = int(np.argmin(np.linalg.norm(centres(faces.boxes_xyxy) - middle, axis=1)))
    (left, right) = faces.landmarks_xy[nearest, :2]
    return (float(left[0]), float(left[1])), (float(right[0]), float(right[1]))
