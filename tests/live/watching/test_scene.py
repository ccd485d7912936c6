"""The scene shows one person: nobody else in it is found again by the models themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config
from lfr_batch.faces.alignment import align
from lfr_batch.faces.stages import FaceStages, detect_in_still, open_stages
from lfr_batch.faces.view import cut_view
from lfr_batch.footage.stills import StillFrame
from lfr_batch.live.watching.scene import (
    MAX_BYTES,
    SceneFaces,
    further_shot_jpeg,
    head_of,
    scene,
    scene_jpeg,
)
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray, FaceBatch, FloatArray
from tests.one_case import GROUP, installed_picture

NOBODY = np.zeros((0, 4), np.float32)
NOISE = np.random.default_rng(0).integers(0, 255, (1080, 1920, 3), np.uint8)
WANTED = np.array([900, 300, 1000, 420], np.float32)
STRANGER = 0.35
"""Cosine that strangers reach among these pictures."""


@pytest.fixture(scope="module")
def stages(open_pack_home: Path) -> FaceStages:
    return open_stages(load_pack(open_pack_home, "open"), Config(), 2)


def decoded(jpeg: bytes) -> ByteArray:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def templates(picture: ByteArray, landmarks_xy: FloatArray, stages: FaceStages) -> FloatArray:
    aligned = align(picture, landmarks_xy)[..., ::-1]
    return stages.embedder.embed(np.ascontiguousarray(aligned))


def likeness(
    picture: ByteArray, faces: FaceBatch, stages: FaceStages, *, found: bool
) -> Iterator[tuple[float, float]]:
    """For each face that is wanted: how like itself it is in the scene, and how like themselves
    the others are at most. ``found``: whether the camera had found the others at all."""
    before = templates(picture, faces.landmarks_xy, stages)
    for wanted in range(len(faces)):
        box = faces.boxes_xyxy[wanted]
        others = faces.boxes_xyxy if found else NOBODY
        shown = decoded(scene_jpeg(StillFrame(picture), SceneFaces(box, others, NOBODY)))
        by = np.float32(shown.shape[1] / picture.shape[1])
        cosines = (templates(shown, faces.landmarks_xy * by, stages) * before).sum(axis=1)
        yield float(cosines[wanted]), float(np.delete(cosines, wanted).max())


def found_in(picture: ByteArray, stages: FaceStages) -> FaceBatch:
    return detect_in_still(stages.exact_detector, StillFrame(picture), (1280, 640))


@pytest.mark.parametrize("found", [True, False])
def test_of_six_people_in_a_picture_only_the_wanted_one_is_known_again(
    stages: FaceStages, found: bool
) -> None:
    """Also where the camera had missed all the others, two of whom sit before the wanted one."""
    picture = installed_picture(GROUP)
    faces = found_in(picture, stages)
    assert len(faces) == 6
    untouched = decoded(cv2.imencode(".jpg", picture)[1].tobytes())
    again = templates(untouched, faces.landmarks_xy, stages)
    assert ((again * templates(picture, faces.landmarks_xy, stages)).sum(axis=1) > 0.9).all()
    for own, others in likeness(picture, faces, stages, found=found):
        assert own > 0.9
        assert others < STRANGER


@pytest.mark.parametrize("clip", ["corridor_pause.mp4", "indoor_event.mp4", "marathon.mkv"])
@pytest.mark.parametrize("found", [True, False])
def test_in_real_footage_nobody_else_is_known_again(
    stages: FaceStages, shared_data: Path, clip: str, found: bool
) -> None:
    """Of those whose own picture is good enough to tell them from the others."""
    film = cv2.VideoCapture(str(shared_data / "footage" / "crowd" / clip))
    pictures = [np.asarray(film.read()[1], np.uint8) for _ in range(20)][-1:]
    film.release()
    for picture in pictures:
        faces = found_in(picture, stages)
        faces = faces.take(faces.boxes_xyxy[:, 2] - faces.boxes_xyxy[:, 0] >= 30)
        for own, others in likeness(picture, faces, stages, found=found):
            assert own > 0.8
            assert others < STRANGER


def test_a_further_shot_shows_one_head(stages: FaceStages) -> None:
    picture = installed_picture(GROUP)
    faces = found_in(picture, stages)
    before = templates(picture, faces.landmarks_xy, stages)
    for wanted in range(len(faces)):
        alone = faces.take(np.array([wanted]))
        view = cut_view(StillFrame(picture), alone, 0)
        shown = decoded(further_shot_jpeg(view))
        points = (faces.landmarks_xy - view.origin_xy) * np.float32(view.scale)
        cosines = (templates(shown, np.asarray(points, np.float32), stages) * before).sum(axis=1)
        assert cosines[wanted] > 0.9
        assert np.delete(cosines, wanted).max() < STRANGER


def test_the_head_is_as_it_was_and_the_rest_has_no_detail() -> None:
    small = np.ascontiguousarray(NOISE[:540, :960])
    wanted = np.array([400, 200, 450, 260], np.float32)
    shown = scene(StillFrame(small), SceneFaces(wanted, wanted[None], NOBODY))
    np.testing.assert_array_equal(shown[205:255, 405:445], small[205:255, 405:445])
    left, top, right, bottom = (int(side) for side in head_of(wanted))
    rest = np.ones(shown.shape[:2], bool)
    rest[top - 5 : bottom + 5, left - 5 : right + 5] = False
    steps = np.abs(np.diff(shown.astype(int), axis=1)).max(axis=2)[rest[:, 1:]]
    assert np.abs(np.diff(small.astype(int), axis=1)).max() > 200
    assert np.percentile(steps, 99) < 20


def test_where_somebody_was_a_moment_ago_is_hidden_with_room_to_have_moved() -> None:
    """Within the wanted head's surroundings, which are sharp."""
    behind = np.array([[1010, 310, 1040, 350]], np.float32)
    plain = scene(StillFrame(NOISE), SceneFaces(WANTED, NOBODY, NOBODY))
    shown = scene(StillFrame(NOISE), SceneFaces(WANTED, NOBODY, behind))
    part = (slice(200, 240), slice(670, 697))
    assert len(np.unique(plain[part].reshape(-1, 3), axis=0)) > 500
    assert len(np.unique(shown[part].reshape(-1, 3), axis=0)) < 50


def test_a_smaller_face_that_lies_mostly_within_the_wanted_box_is_somebody_else() -> None:
    """A child before the wanted person, say: what sticks out of that box is hidden."""
    child = np.array([960, 330, 1020, 400], np.float32)
    plain = scene(StillFrame(NOISE), SceneFaces(WANTED, WANTED[None], NOBODY))
    shown = scene(StillFrame(NOISE), SceneFaces(WANTED, np.stack([WANTED, child]), NOBODY))
    beside, own = (slice(222, 264), slice(668, 679)), (slice(202, 278), slice(602, 664))
    assert len(np.unique(plain[beside].reshape(-1, 3), axis=0)) > 300
    assert len(np.unique(shown[beside].reshape(-1, 3), axis=0)) < 20
    np.testing.assert_array_equal(shown[own], plain[own])


def test_the_wanted_face_found_a_little_beside_itself_is_still_that_face() -> None:
    again = WANTED + np.array([6, 4, 8, -5], np.float32)
    plain = scene(StillFrame(NOISE), SceneFaces(WANTED, NOBODY, NOBODY))
    shown = scene(StillFrame(NOISE), SceneFaces(WANTED, again[None], NOBODY))
    np.testing.assert_array_equal(shown, plain)


@pytest.mark.parametrize("wanted", [WANTED, np.array([0, 0, 1920, 1080], np.float32)])
def test_a_scene_is_bounded_whatever_it_shows(wanted: FloatArray) -> None:
    jpeg = scene_jpeg(StillFrame(NOISE), SceneFaces(wanted, NOBODY, NOBODY))
    assert len(jpeg) <= MAX_BYTES
    assert max(decoded(jpeg).shape) <= 1280


@pytest.mark.parametrize(
    "wanted", [(-40, -50, 30, 20), (1900, 1060, 1990, 1170), (5, 5, 6, 6), (700, 1000, 800, 1100)]
)
def test_a_face_at_the_border_is_no_trouble(wanted: tuple[float, ...]) -> None:
    box = np.array(wanted, np.float32)
    assert scene_jpeg(StillFrame(NOISE), SceneFaces(box, box[None], NOBODY))
