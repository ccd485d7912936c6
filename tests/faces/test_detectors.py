"""Detectors on real weights: the open one on a portrait, SCRFD against insightface."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config, DetectConfig, InferenceConfig
from lfr_batch.faces import detectors
from lfr_batch.faces.detectors import Detector, Input, detect, frame_detectors, make_detector
from lfr_batch.faces.stages import FaceStages, detect_in_still, open_stages
from lfr_batch.footage.stills import StillFrame
from lfr_batch.models.manifest import DetectorSpec
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import open_planned, plan_session
from lfr_batch.models.store import load_pack
from lfr_batch.planes import Layout, Planes, Shown
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
def scrfd(shared_data: Path) -> Detector:
    path = shared_data / "models" / "scrfd_2.5g_kps.onnx"
    spec = DetectorSpec(
        kind="scrfd", file=path.name, mean=127.5, std=128.0, fixed_side_px=640, max_batch=1
    )
    model = ModelFile(path, spec.mean, spec.std, spec.max_batch)
    session = open_planned(
        model, plan_session(InferenceConfig(precision="f32", backend="onnxruntime"), 2)
    )
    return make_detector(spec, session, DetectConfig())


def scaled(detector: Detector, picture: ByteArray, long_side_px: int = 640) -> Input:
    frame = StillFrame(picture)
    box = detector.fit(frame.size_wh, long_side_px)
    return frame.rgb(*box.content_wh), box


def find(detector: Detector, *pictures: ByteArray) -> list[FaceBatch]:
    return list(detector.detect_all(scaled(detector, picture) for picture in pictures))


def assert_same(one: FaceBatch, other: FaceBatch) -> None:
    np.testing.assert_array_equal(one.boxes_xyxy, other.boxes_xyxy)
    np.testing.assert_array_equal(one.landmarks_xy, other.landmarks_xy)
    np.testing.assert_array_equal(one.scores, other.scores)


def test_the_open_detector_finds_the_portrait(stages: FaceStages, portrait: ByteArray) -> None:
    (faces,) = find(stages.frame_detectors["thorough"], portrait)
    assert len(faces) == 1
    np.testing.assert_allclose(faces.boxes_xyxy[0], [181, 59, 270, 178], atol=8)
    left_eye, right_eye, nose = faces.landmarks_xy[0, :3]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert nose[1] > max(left_eye[1], right_eye[1])


def test_the_open_detector_finds_all_six_of_a_group(stages: FaceStages, group: ByteArray) -> None:
    assert len(detect_in_still(stages.exact_detector, StillFrame(group), (1280,))) == 6


def test_a_batch_gives_what_single_pictures_give(stages: FaceStages, portrait: ByteArray) -> None:
    turned = np.ascontiguousarray(portrait[:, ::-1])
    together = find(stages.frame_detectors["thorough"], portrait, turned, portrait)
    for faces, picture in zip(together, (portrait, turned, portrait), strict=True):
        assert_same(
            faces,
            detect(
                stages.frame_detectors["thorough"],
                *scaled(stages.frame_detectors["thorough"], picture),
            ),
        )


def test_no_pictures_no_faces(stages: FaceStages) -> None:
    assert find(stages.frame_detectors["thorough"]) == []


def test_a_part_of_a_picture_gives_what_the_whole_gives(
    stages: FaceStages, portrait: ByteArray
) -> None:
    """Away from the borders of the part: there the network sees zeros instead of the picture."""
    detector = stages.exact_detector
    content, box = scaled(detector, portrait)
    whole = detect(detector, content, box)
    part = detector.reading.part(box, (100, 0, 400, 300))
    assert part.input_wh[0] * part.input_wh[1] < 0.6 * box.input_wh[0] * box.input_wh[1]
    seen = detect(detector, part.cut(content), part)
    assert len(seen) == len(whole) == 1
    np.testing.assert_allclose(seen.boxes_xyxy, whole.boxes_xyxy, atol=4)
    np.testing.assert_allclose(seen.landmarks_xy, whole.landmarks_xy, atol=2)


def test_a_face_that_fills_a_still_is_found_whole_and_once(
    stages: FaceStages, portrait: ByteArray
) -> None:
    face = cv2.resize(portrait[50:205, 150:300], (1400, 1450))
    found = detect_in_still(stages.exact_detector, StillFrame(np.asarray(face)), (1280, 640, 320))
    assert len(found) == 1
    assert (found.boxes_xyxy[0, 2:] - found.boxes_xyxy[0, :2]).min() > 500


def test_scrfd_gives_what_insightface_gives(
    scrfd: Detector, shared_data: Path, group: ByteArray, portrait: ByteArray
) -> None:
    from insightface.model_zoo.scrfd import SCRFD

    theirs = SCRFD(str(shared_data / "models" / "scrfd_2.5g_kps.onnx"))
    theirs.prepare(-1, input_size=(640, 640), det_thresh=0.5)
    for picture in (group, portrait, np.ascontiguousarray(group.transpose(1, 0, 2))):
        boxes, landmarks = theirs.detect(picture)
        box = scrfd.fit((picture.shape[1], picture.shape[0]), 640)
        content = cv2.cvtColor(cv2.resize(picture, box.content_wh), cv2.COLOR_BGR2RGB)
        ours = detect(scrfd, np.asarray(content, np.uint8), box)
        assert len(ours) == len(boxes)
        np.testing.assert_allclose(ours.boxes_xyxy, boxes[:, :4], atol=0.05)
        np.testing.assert_allclose(ours.scores, boxes[:, 4], atol=1e-4)
        np.testing.assert_allclose(ours.landmarks_xy, landmarks, atol=0.05)


@pytest.fixture(scope="module")
def padded(open_pack_home: Path) -> Detector:
    """The open detector as on a GPU, where sessions have one shape."""
    pack = load_pack(open_pack_home, "open")
    model = ModelFile(pack.detector_path)
    plan = SessionPlan("onnxruntime", "cpu", "f32", 2, at_once=1, one_shape=True)
    return make_detector(pack.manifest.detector, open_planned(model, plan), DetectConfig())


@pytest.mark.parametrize(
    ("bottom", "within_px"),
    [(400, 1.0), (160, 8.0)],
    ids=["a whole face", "one that the picture's border cuts"],
)
@pytest.mark.parametrize("size_wh", [(250, 400), (300, 420), (420, 600)])
def test_padding_to_a_size_of_the_gpu_s_changes_little(
    stages: FaceStages,
    padded: Detector,
    portrait: ByteArray,
    size_wh: tuple[int, int],
    bottom: int,
    within_px: float,
) -> None:
    """Neither whom it finds nor how far they reach: beyond a border is padding of either size."""
    whole = np.asarray(cv2.resize(portrait[:400, 100:350], size_wh), np.uint8)
    picture = np.ascontiguousarray(whole[: size_wh[1] * bottom // 400])
    box = scaled(padded, picture)[1]
    assert padded.session.input_wh(box.input_wh) != box.input_wh
    (found,) = find(padded, picture)
    (expected,) = find(stages.exact_detector, picture)
    assert len(found) == len(expected) == 1
    np.testing.assert_allclose(found.boxes_xyxy, expected.boxes_xyxy, atol=within_px)
    np.testing.assert_allclose(found.landmarks_xy, expected.landmarks_xy, atol=within_px)
    np.testing.assert_allclose(found.scores, expected.scores, atol=0.05)
    assert np.all(found.boxes_xyxy[:, 2:] <= box.input_wh)


def test_a_gpu_looks_at_whole_pictures(padded: Detector, portrait: ByteArray) -> None:
    _, box = scaled(padded, portrait)
    assert padded.reading.part(box, (100, 0, 200, 100)) == box


def test_scrfd_in_a_batch_gives_what_it_gives_alone(scrfd: Detector, group: ByteArray) -> None:
    turned = np.ascontiguousarray(group[:, ::-1])
    both = find(scrfd, group, turned)
    assert_same(both[0], find(scrfd, group)[0])
    assert_same(both[1], find(scrfd, turned)[0])


def test_scrfd_looks_at_whole_pictures_only(scrfd: Detector, group: ByteArray) -> None:
    """Its input has one size: a part would cost as much."""
    _, box = scaled(scrfd, group)
    assert scrfd.reading.part(box, (0, 0, 100, 100)) == box
    assert not box.is_part


@pytest.mark.parametrize(
    ("frames", "has_quick", "kinds"),
    [
        ("mixed", True, {"quick": "yunet", "thorough": "centerface"}),
        ("quick", True, {"quick": "yunet"}),
        ("thorough", True, {"thorough": "centerface"}),
        ("mixed", False, {"thorough": "centerface"}),
        ("quick", False, {"thorough": "centerface"}),
        ("thorough", False, {"thorough": "centerface"}),
    ],
)
def test_which_detectors_look_at_frames(
    open_pack_home: Path,
    frames: Literal["mixed", "quick", "thorough"],
    has_quick: bool,
    kinds: dict[str, str],
) -> None:
    manifest = load_pack(open_pack_home, "open").manifest
    if not has_quick:
        manifest = manifest.model_copy(update={"frame_detector": None})
    there = frame_detectors(manifest, DetectConfig(frames=frames))
    assert {turn: spec.kind for turn, spec in there.items()} == kinds


def test_a_session_that_knows_no_planes_is_given_none() -> None:
    """A frame that went missing without a word would give its faces to another."""
    scaler: Any = None
    planes = Planes(Layout("nv12", (4, 4), (4, 4), "bt601", full_range=False), (0, 0), False, None)
    shown = Shown(planes, (4, 4), (32, 32), scaler)
    with pytest.raises(TypeError, match="makes no pixels"):
        detectors._as_pixels(shown)
