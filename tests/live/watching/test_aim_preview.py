"""A still of a camera that is being aimed shows nobody's face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lfr_batch.live.watching.aim_preview import LONG_SIDE_PX, MOST_BYTES, preview, preview_wh
from lfr_batch.records import ByteArray, FloatArray

NOBODY = np.zeros((0, 4), np.float32)
RNG = np.random.default_rng(3)


def decoded(jpeg: bytes) -> ByteArray:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def noise(width: int, height: int) -> ByteArray:
    return RNG.integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize(
    ("size_wh", "still_wh"),
    [
        ((1920, 1080), (640, 360)),
        ((1080, 1920), (360, 640)),
        ((480, 270), (480, 270)),
        ((5000, 2), (640, 1)),
    ],
)
def test_its_size(size_wh: tuple[int, int], still_wh: tuple[int, int]) -> None:
    assert preview_wh(size_wh) == still_wh
    assert max(still_wh) <= LONG_SIDE_PX
    shown = decoded(preview(noise(*still_wh), size_wh, NOBODY))
    assert shown.shape[:2] == still_wh[::-1]


def test_whatever_it_shows_it_is_bounded() -> None:
    assert len(preview(noise(640, 640), (1280, 1280), NOBODY)) <= MOST_BYTES


def detail(picture: ByteArray, box: tuple[int, int, int, int]) -> float:
    left, top, right, bottom = box
    part = cv2.cvtColor(picture[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
    return float(np.abs(np.diff(part.astype(np.float32), axis=1)).mean())


def test_a_face_is_flat_where_it_was_found_and_around_it() -> None:
    stripes = np.zeros((360, 640, 3), np.uint8)
    stripes[:, ::16], stripes[:, 1::16], stripes[:, 2::16] = 255, 255, 255
    box = np.array([[900.0, 300.0, 1020.0, 450.0]], np.float32)  # of a picture twice as large
    shown = decoded(preview(stripes, (1280, 720), box))
    assert detail(shown, (425, 120, 535, 255)) < 0.5 * detail(shown, (100, 120, 210, 255))


@pytest.mark.parametrize(
    "boxes",
    [
        np.array([[-50.0, -50.0, -10.0, -10.0]], np.float32),
        np.array([[1270.0, 700.0, 1400.0, 900.0]], np.float32),
        np.array([[10.0, 10.0, 10.4, 10.4]], np.float32),
    ],
)
def test_a_face_at_the_border_spoils_nothing(boxes: FloatArray) -> None:
    assert preview(noise(640, 360), (1280, 720), boxes)
