"""Landmarks found again, on real weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config, DetectConfig, InferenceConfig
from lfr_batch.faces.alignment import ARCFACE_TEMPLATE_XY
from lfr_batch.faces.detectors import Detector, make_detector
from lfr_batch.faces.realign import (
    ENLARGED_BELOW_PX,
    TILTED_DEG,
    look_again,
    look_upright,
    realign,
    roll_deg,
)
from lfr_batch.faces.stages import FaceStages, detect_in_still, open_stages
from lfr_batch.faces.view import aligned_rgb, cut_view
from lfr_batch.footage.stills import StillFrame
from lfr_batch.models.manifest import DetectorSpec
from lfr_batch.models.session_plan import ModelFile
from lfr_batch.models.sessions import open_planned, plan_session
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray, FaceView, FloatArray
from tests.faces.cuttings import in_picture
from tests.one_case import ASTRONAUT, GROUP, installed_picture

SIDES_PX = (1280, 640, 320)


@pytest.fixture(scope="module")
def stages(open_pack_home: Path) -> FaceStages:
    """Without mirror images, which make up for some of what bad landmarks do."""
    plain = load_pack(open_pack_home, "open").derivations()[-1]
    return open_stages(plain, Config(), threads=2)


@pytest.fixture(scope="module")
def detector(stages: FaceStages) -> Detector:
    return stages.exact_detector


def views_of(picture: ByteArray, detector: Detector) -> list[FaceView]:
    still = StillFrame(picture)
    faces = detect_in_still(detector, still, SIDES_PX)
    return [cut_view(still, faces, i) for i in range(len(faces))]


def portrait_view(detector: Detector, width_px: int) -> FaceView:
    picture = installed_picture(ASTRONAUT)
    scaled = cv2.resize(picture, (width_px, width_px), interpolation=cv2.INTER_AREA)
    (view,) = views_of(np.asarray(scaled, np.uint8), detector)
    return view


def tilted_view(detector: Detector, width_px: int, clockwise_deg: float) -> FaceView:
    size, picture = (512, 512), installed_picture(ASTRONAUT)
    scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    turn = cv2.getRotationMatrix2D((220, 110), -clockwise_deg, width_px / 512)
    tilted = cv2.warpAffine(scaled, turn, size, borderMode=cv2.BORDER_REPLICATE)
    views = views_of(np.asarray(tilted, np.uint8), detector)
    return max(views, key=lambda view: float(np.prod(view.box_xyxy[2:] - view.box_xyxy[:2])))


def moved(view: FaceView, by_eyes: float) -> FaceView:
    """The view with landmarks that are wrong by this many eye distances, each in its own way."""
    step = np.random.default_rng(2).uniform(-1, 1, (5, 2)) * by_eyes * eye_px(view)
    return replace(view, landmarks_xy=(view.landmarks_xy + step).astype(np.float32))


def eye_px(view: FaceView) -> float:
    return float(np.linalg.norm(view.landmarks_xy[1] - view.landmarks_xy[0]))


def apart(view: FaceView, landmarks_xy: FloatArray) -> float:
    """Largest distance to the view's own landmarks, in eye distances."""
    return float(np.linalg.norm(landmarks_xy - view.landmarks_xy, axis=1).max()) / eye_px(view)


@pytest.mark.parametrize("width_px", [230, 340, 512, 1400])
def test_moved_landmarks_come_back(detector: Detector, width_px: int) -> None:
    """To what the detector says at this size, which is not quite what it says at another."""
    view = portrait_view(detector, width_px)
    wrong = moved(view, 0.4)
    assert apart(view, wrong.landmarks_xy) > 0.3
    (found,) = realign([wrong], detector)
    assert apart(view, found) < 0.12
    assert float(np.abs(found - view.landmarks_xy).mean()) < 0.05 * eye_px(view)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, realign([view], detector)[0])


def test_the_template_comes_back_too(stages: FaceStages) -> None:
    view = portrait_view(stages.exact_detector, 512)
    wrong = moved(view, 0.15)
    (found,) = realign([wrong], stages.exact_detector)
    aligned = [aligned_rgb(view), aligned_rgb(wrong), aligned_rgb(wrong, found)]
    right, bad, mended = stages.embedder.embed(np.stack(aligned))
    assert right @ mended > 0.98
    assert right @ mended > right @ bad


def test_many_faces_keep_their_order_whatever_their_size(detector: Detector) -> None:
    views = views_of(installed_picture(GROUP), detector)
    views.append(portrait_view(detector, 1400))
    assert len(views) == 7
    for view, found in zip(views, realign(views, detector), strict=True):
        assert float(np.abs(found - view.landmarks_xy).mean()) < 0.1 * eye_px(view)
        np.testing.assert_array_equal(found, realign([view], detector)[0])


def test_landmarks_found_again_are_the_cutting_s(detector: Detector) -> None:
    """A face far from the picture's corner, in a cutting that was made smaller."""
    picture = np.full((1400, 1800, 3), 90, np.uint8)
    portrait = cv2.resize(installed_picture(ASTRONAUT), (1400, 1400))
    picture[:, 400:] = portrait
    still = StillFrame(picture)
    faces = detect_in_still(detector, still, SIDES_PX)
    view = cut_view(still, faces, 0)
    assert view.scale < 1
    assert min(view.origin_xy[0], view.origin_xy[1] + 1) > 0
    (found,) = realign([view], detector)
    eyes_px = float(np.linalg.norm(faces.landmarks_xy[0, 1] - faces.landmarks_xy[0, 0]))
    assert np.abs(in_picture(view, found) - faces.landmarks_xy[0]).max() < 0.1 * eyes_px


def test_where_no_face_is_found_its_own_landmarks_stay(detector: Detector) -> None:
    view = portrait_view(detector, 512)
    wall = replace(moved(view, 0.15), bgr=np.full_like(view.bgr, 90))
    (found,) = realign([wall], detector)
    np.testing.assert_array_equal(found, wall.landmarks_xy)


def test_a_neighbour_s_landmarks_are_not_taken(detector: Detector) -> None:
    """The wanted face cannot be found again, but a child's beside it can."""
    face = np.ascontiguousarray(installed_picture(ASTRONAUT)[40:240, 165:285])
    picture = np.hstack([face, np.full((200, 60, 3), 90, np.uint8)])
    picture[60:160, 120:] = cv2.resize(face, (60, 100), interpolation=cv2.INTER_AREA)
    faces = detect_in_still(detector, StillFrame(picture), SIDES_PX)
    assert len(faces) == 2
    view = cut_view(StillFrame(picture), faces, int(np.argmin(faces.boxes_xyxy[:, 0])))
    blank = view.bgr.copy()
    blank[:, : 120 - view.origin_xy[0]] = 90
    assert len(detect_in_still(detector, StillFrame(blank), SIDES_PX)) == 1
    (found,) = realign([replace(view, bgr=blank)], detector)
    np.testing.assert_array_equal(found, view.landmarks_xy)


@pytest.mark.parametrize("width_px", [200, 512])
@pytest.mark.parametrize("clockwise_deg", [-60, -45, -30, 30, 45, 60])
def test_a_tilted_head_s_template_is_the_upright_one_s(
    stages: FaceStages, width_px: int, clockwise_deg: float
) -> None:
    upright = portrait_view(stages.exact_detector, 512)
    view = tilted_view(stages.exact_detector, width_px, clockwise_deg)
    (found,) = realign([view], stages.exact_detector)
    aligned = [aligned_rgb(upright), aligned_rgb(view), aligned_rgb(view, found)]
    wanted, before, after = stages.embedder.embed(np.stack(aligned))
    assert wanted @ after > 0.87
    least_gain = 0.005 if abs(clockwise_deg) > 30 else -0.005  # mirror images make up for a little
    assert wanted @ after > wanted @ before + least_gain
    assert roll_deg(found) == pytest.approx(clockwise_deg, abs=10)


def test_an_upright_head_is_not_looked_at_again(detector: Detector) -> None:
    view = portrait_view(detector, 512)
    assert abs(roll_deg(view.landmarks_xy)) < TILTED_DEG
    (kept,) = look_upright([view], [view.landmarks_xy], detector)
    assert kept is view.landmarks_xy


def test_where_no_tilted_face_is_found_its_landmarks_stay(detector: Detector) -> None:
    view = tilted_view(detector, 512, 45)
    wall = replace(view, bgr=np.full_like(view.bgr, 90))
    (kept,) = look_upright([wall], [view.landmarks_xy], detector)
    np.testing.assert_array_equal(kept, view.landmarks_xy)


@pytest.mark.parametrize("clockwise_deg", [-170.0, -90.0, -15.0, 0.0, 40.0, 90.0])
@pytest.mark.parametrize("scale", [0.3, 4.0])
def test_roll_is_the_turn_of_all_landmarks(clockwise_deg: float, scale: float) -> None:
    turn = cv2.getRotationMatrix2D((10.0, 20.0), -clockwise_deg, scale)
    points_xy = ARCFACE_TEMPLATE_XY @ turn[:, :2].T + turn[:, 2]
    assert roll_deg(np.asarray(points_xy, np.float32)) == pytest.approx(clockwise_deg, abs=0.01)


def test_nothing_to_realign(detector: Detector) -> None:
    assert realign([], detector) == []


def test_a_detector_with_one_size_of_input_is_not_used(
    detector: Detector, shared_data: Path
) -> None:
    path = shared_data / "models" / "scrfd_2.5g_kps.onnx"
    spec = DetectorSpec(
        kind="scrfd", file=path.name, mean=127.5, std=128.0, fixed_side_px=640, max_batch=1
    )
    model = ModelFile(path, spec.mean, spec.std, spec.max_batch)
    session = open_planned(model, plan_session(InferenceConfig(device="cpu", precision="f32"), 2))
    view = moved(portrait_view(detector, 512), 0.15)
    fixed = make_detector(spec, session, DetectConfig())
    (found,) = realign([view], fixed)
    np.testing.assert_array_equal(found, view.landmarks_xy)
    tilted = tilted_view(detector, 512, 45)
    assert look_upright([tilted], [tilted.landmarks_xy], fixed)[0] is tilted.landmarks_xy


def test_views_are_only_read(detector: Detector) -> None:
    view = portrait_view(detector, 512)
    before: tuple[ByteArray, FloatArray] = view.bgr.copy(), view.landmarks_xy.copy()
    realign([view], detector)
    np.testing.assert_array_equal(view.bgr, before[0])
    np.testing.assert_array_equal(view.landmarks_xy, before[1])


def test_a_second_look_says_whether_there_is_a_face(stages: FaceStages) -> None:
    view = portrait_view(stages.exact_detector, 512)
    wall = replace(view, bgr=np.full_like(view.bgr, 90))
    quick = stages.frame_detectors["quick"]
    for other in (None, quick):
        looks = look_again([view, wall], stages.exact_detector, other)
        assert [look.is_face for look in looks] == [True, False]
        np.testing.assert_array_equal(looks[1].landmarks_xy, wall.landmarks_xy)


def test_the_second_detector_has_to_be_sure(stages: FaceStages, open_pack_home: Path) -> None:
    """Where the first finds nothing again, which is played by one that never finds anything."""
    view = portrait_view(stages.exact_detector, 512)
    spec = load_pack(open_pack_home, "open").manifest.detector
    blind = make_detector(spec, stages.exact_detector.session, DetectConfig(min_score=1.0))
    quick = stages.frame_detectors["quick"]
    assert not look_again([view], blind)[0].is_face
    assert look_again([view], blind, quick)[0].is_face
    aside = replace(view, box_xyxy=view.box_xyxy + np.float32(40.0))
    assert not look_again([aside], blind, quick)[0].is_face


@pytest.mark.parametrize("width_px", [90, 120])
def test_small_faces_are_enlarged_for_their_second_look(detector: Detector, width_px: int) -> None:
    view = portrait_view(detector, width_px)
    sides = view.box_xyxy[2:] - view.box_xyxy[:2]
    assert sides.min() < ENLARGED_BELOW_PX
    large = portrait_view(detector, 512)
    expected = large.landmarks_xy - large.box_xyxy[:2]
    (found,) = realign([view], detector)
    here = (found - view.box_xyxy[:2]) * (512 / width_px)
    assert np.abs(here - expected).max() < 0.25 * eye_px(large)
