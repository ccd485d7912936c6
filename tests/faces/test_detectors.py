"""Detectors on real weights: the open one on a portrait, SCRFD against insightface."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config, DetectConfig, InferenceConfig
from lfr_batch.faces.detectors import Detector, Scrfd, detect, make_detector
from lfr_batch.faces.letterbox import Letterbox
from lfr_batch.faces.stages import FaceStages, detect_in_still, open_stages
from lfr_batch.footage.stills import StillFrame
from lfr_batch.models.manifest import DetectorSpec
from lfr_batch.models.sessions import open_session
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray, FaceBatch


def installed_picture(distribution_name: str, member: str) -> ByteArray:
    """A picture that an installed distribution carries, BGR."""
    path = Path(str(distribution(distribution_name).locate_file(member)))
    picture = cv2.imread(str(path))
    assert picture is not None, path
    return np.asarray(picture, np.uint8)


@pytest.fixture(scope="module")
def portrait() -> ByteArray:
    return installed_picture("scikit-image", "skimage/data/astronaut.png")


@pytest.fixture(scope="module")
def group() -> ByteArray:
    return installed_picture("insightface", "insightface/data/images/t1.jpg")


@pytest.fixture(scope="module")
def stages(open_pack_home: Path) -> FaceStages:
    return open_stages(load_pack(open_pack_home, "open"), Config(), threads=2)


@pytest.fixture(scope="module")
def scrfd(shared_data: Path) -> Scrfd:
    path = shared_data / "models" / "scrfd_2.5g_kps.onnx"
    session = open_session(path, InferenceConfig(precision="f32", backend="onnxruntime"), 2, 1)
    spec = DetectorSpec(
        kind="scrfd", file=path.name, mean=127.5, std=128.0, fixed_side_px=640, max_batch=1
    )
    detector = make_detector(spec, session, DetectConfig())
    assert isinstance(detector, Scrfd)
    return detector


def find(detector: Detector, *pictures: ByteArray) -> list[FaceBatch]:
    frames = [StillFrame(picture) for picture in pictures]
    box: Letterbox = detector.fit(frames[0].size_wh, 640)
    return detect(detector, [frame.rgb(*box.content_wh) for frame in frames], box)


def test_the_open_detector_finds_the_portrait(stages: FaceStages, portrait: ByteArray) -> None:
    (faces,) = find(stages.detector, portrait)
    assert len(faces) == 1
    np.testing.assert_allclose(faces.boxes_xyxy[0], [181, 59, 270, 178], atol=8)
    left_eye, right_eye, nose = faces.landmarks_xy[0, :3]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert nose[1] > max(left_eye[1], right_eye[1])


def test_the_open_detector_finds_all_six_of_a_group(stages: FaceStages, group: ByteArray) -> None:
    assert len(detect_in_still(stages.still_detector, StillFrame(group), (1280,))) == 6


def test_a_batch_gives_what_single_pictures_give(stages: FaceStages, portrait: ByteArray) -> None:
    turned = np.ascontiguousarray(portrait[:, ::-1])
    together = find(stages.detector, portrait, turned, portrait)
    for faces, picture in zip(together, (portrait, turned, portrait), strict=True):
        (alone,) = find(stages.detector, picture)
        np.testing.assert_array_equal(faces.boxes_xyxy, alone.boxes_xyxy)
        np.testing.assert_array_equal(faces.landmarks_xy, alone.landmarks_xy)


def test_a_face_that_fills_a_still_is_found_whole_and_once(
    stages: FaceStages, portrait: ByteArray
) -> None:
    face = cv2.resize(portrait[50:205, 150:300], (1400, 1450))
    found = detect_in_still(stages.still_detector, StillFrame(np.asarray(face)), (1280, 640, 320))
    assert len(found) == 1
    assert (found.boxes_xyxy[0, 2:] - found.boxes_xyxy[0, :2]).min() > 500


def test_scrfd_gives_what_insightface_gives(
    scrfd: Scrfd, shared_data: Path, group: ByteArray, portrait: ByteArray
) -> None:
    from insightface.model_zoo.scrfd import SCRFD

    theirs = SCRFD(str(shared_data / "models" / "scrfd_2.5g_kps.onnx"))
    theirs.prepare(-1, input_size=(640, 640), det_thresh=0.5)
    for picture in (group, portrait, np.ascontiguousarray(group.transpose(1, 0, 2))):
        boxes, landmarks = theirs.detect(picture)
        box = scrfd.fit((picture.shape[1], picture.shape[0]), 640)
        content = cv2.cvtColor(cv2.resize(picture, box.content_wh), cv2.COLOR_BGR2RGB)
        (ours,) = detect(scrfd, [np.asarray(content, np.uint8)], box)
        assert len(ours) == len(boxes)
        np.testing.assert_allclose(ours.boxes_xyxy, boxes[:, :4], atol=0.05)
        np.testing.assert_allclose(ours.scores, boxes[:, 4], atol=1e-4)
        np.testing.assert_allclose(ours.landmarks_xy, landmarks, atol=0.05)


def test_scrfd_in_a_batch_gives_what_it_gives_alone(scrfd: Scrfd, group: ByteArray) -> None:
    turned = np.ascontiguousarray(group[:, ::-1])
    both = find(scrfd, group, turned)
    np.testing.assert_array_equal(both[0].boxes_xyxy, find(scrfd, group)[0].boxes_xyxy)
    np.testing.assert_array_equal(both[1].boxes_xyxy, find(scrfd, turned)[0].boxes_xyxy)
