"""One segment from frames to sightings, on real models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import (
    Config,
    DetectConfig,
    FootageConfig,
    MotionConfig,
    QualityConfig,
    S3Config,
)
from lfr_batch.errors import FootageChanged, FootageDamaged, FootageUnreadable
from lfr_batch.faces.stages import detect_in_still
from lfr_batch.faces.view import cut_view
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.stills import StillFrame
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.recognition.compare import evidence_jpeg
from lfr_batch.recognition.search import Search
from lfr_batch.records import ByteArray, Shot, seconds
from lfr_batch.scanning.segment import SegmentResult, scan_segment
from tests.footage.clips import write_clip
from tests.footage.made_stills import saved
from tests.one_case import ASTRONAUT, Casework, installed_picture
from tests.scanning.scans import scan, segment_of, with_config


@pytest.fixture(scope="module")
def walked(casework: Casework, search: Search) -> SegmentResult:
    return scan(casework.footage / "walk.mp4", search)


@pytest.fixture(scope="module")
def strangers(casework: Casework, search: Search) -> SegmentResult:
    return scan(casework.footage / "group.mp4", search)


def test_one_person_is_one_sighting(walked: SegmentResult) -> None:
    result = walked
    (sighting,) = result.sightings
    assert sighting.subject_id == "astronaut"
    assert sighting.score > 0.7
    assert seconds(sighting.start_ns) == pytest.approx(1.0, abs=0.21)
    assert seconds(sighting.end_ns) == pytest.approx(6.96, abs=0.21)
    assert sighting.start_ns <= sighting.best_ns <= sighting.end_ns
    assert sighting.jpeg.startswith(b"\xff\xd8")
    assert [c.rank for c in sighting.candidates] == [1, 2]
    assert sighting.margin == pytest.approx(
        sighting.candidates[0].score - sighting.candidates[1].score
    )
    outcome = result.outcome
    assert (outcome.status, outcome.sightings, outcome.frames_decoded) == ("done", 1, 225)
    assert outcome.media_s == pytest.approx(9.0, abs=0.1)


def test_people_who_are_not_enrolled_leave_no_sighting(strangers: SegmentResult) -> None:
    assert strangers.outcome.tracks >= 3
    assert strangers.sightings == ()


def test_footage_without_faces(casework: Casework, search: Search) -> None:
    outcome = scan(casework.footage / "empty.mp4", search).outcome
    assert (outcome.status, outcome.faces_detected, outcome.tracks) == ("done", 0, 0)


@pytest.mark.parametrize(("min_sharpness", "found"), [(1.5, True), (4.0, False)])
def test_how_soft_a_face_is_compared(
    tmp_path: Path, search: Search, min_sharpness: float, found: bool
) -> None:
    soft = cv2.GaussianBlur(installed_picture(ASTRONAUT), (0, 0), 4)
    path = tmp_path / "soft.png"
    cv2.imwrite(str(path), soft)
    config = Config(quality=QualityConfig(min_sharpness=min_sharpness))
    assert found is (config == Config())
    result = scan(path, with_config(search, config))
    assert [s.subject_id for s in result.sightings] == ["astronaut"] * found
    assert result.outcome.rejections == ({} if found else {"blurred": 1})


def test_every_face_of_a_still_is_searched(casework: Casework, search: Search) -> None:
    result = scan(casework.footage / "portrait.jpg", search)
    assert [s.subject_id for s in result.sightings] == ["astronaut"]
    assert result.outcome.frames_analysed == 1


CORNER, MIDDLE = (0.03, 0.9), (0.33, 0.5)


def pasted(size_wh: tuple[int, int], face_px: int, at: tuple[float, float]) -> ByteArray:
    """A blurred noise of this size, the astronaut's face in it at a share of both sides."""
    width, height = size_wh
    noise = np.random.default_rng(5).integers(60, 180, (height // 60, width // 60, 3), np.uint8)
    picture = cv2.resize(noise, size_wh, interpolation=cv2.INTER_CUBIC)
    head = installed_picture(ASTRONAUT)[30:200, 150:300]
    scale = face_px / 74  # so wide is her face
    shown = cv2.resize(head, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    left, top = int(at[0] * width), int(at[1] * height)
    picture[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return np.asarray(picture, np.uint8)


@pytest.mark.parametrize(
    ("size_wh", "face_px", "at"),
    [
        ((4032, 3024), 36, CORNER),
        ((7680, 4320), 36, MIDDLE),
        ((7680, 4320), 110, CORNER),
        pytest.param((4032, 3024), 36, MIDDLE, marks=pytest.mark.long),
        pytest.param((7680, 4320), 36, CORNER, marks=pytest.mark.long),
        pytest.param((7680, 4320), 110, MIDDLE, marks=pytest.mark.long),
    ],
)
def test_small_faces_of_large_stills_are_found(
    tmp_path: Path,
    search: Search,
    size_wh: tuple[int, int],
    face_px: int,
    at: tuple[float, float],
) -> None:
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), pasted(size_wh, face_px, at))
    result = scan(path, search)
    assert [sighting.subject_id for sighting in result.sightings] == ["astronaut"]
    left, top, right, _ = result.sightings[0].box_xyxy
    assert right - left == pytest.approx(face_px, rel=0.4)
    assert left == pytest.approx(at[0] * size_wh[0], abs=1.5 * face_px)
    assert top == pytest.approx(at[1] * size_wh[1], abs=1.5 * face_px)


def test_tiles_change_nothing_where_the_usual_looks_show_small_faces(search: Search) -> None:
    detector, sides = search.stages.still_detector, Config().detect.still_long_sides_px
    for size_wh, changes in (((1706, 1280), False), ((2560, 1920), True)):
        still = StillFrame(pasted(size_wh, 36, (0.4, 0.4)))
        usual = detect_in_still(detector, still, sides, 32.0)
        tiled = detect_in_still(detector, still, sides, 32.0, 1280)
        assert (usual.boxes_xyxy.tolist() != tiled.boxes_xyxy.tolist()) is changes


def test_every_page_of_a_still_is_searched_and_numbered(tmp_path: Path, search: Search) -> None:
    empty = np.full((512, 512, 3), 90, np.uint8)
    path = tmp_path / "a.tif"
    pages = [empty, installed_picture(ASTRONAUT), empty, installed_picture(ASTRONAUT)[:, ::-1]]
    path.write_bytes(saved("TIFF", [np.ascontiguousarray(page[..., ::-1]) for page in pages]))
    result = scan(path, search)
    assert [(s.subject_id, s.picture) for s in result.sightings] == [
        ("astronaut", 2),
        ("astronaut", 4),
    ]
    assert len({sighting.sighting_id for sighting in result.sightings}) == 2
    assert result.outcome.frames_analysed == 4
    first, second = (sighting.box_xyxy for sighting in result.sightings)
    assert first[0] == pytest.approx(512 - second[2], abs=8)


def test_a_damaged_page_leaves_the_other_pages_sightings(tmp_path: Path, search: Search) -> None:
    portrait = np.ascontiguousarray(installed_picture(ASTRONAUT)[..., ::-1])
    data = bytearray(saved("TIFF", [portrait, portrait], compression="tiff_lzw"))
    middle = len(data) // 2
    data[200 : middle - 2000] = bytes(middle - 2200)
    path = tmp_path / "a.tif"
    path.write_bytes(data)
    result = scan(path, search)
    assert [sighting.picture for sighting in result.sightings] == [2]
    assert result.outcome.status == "failed"
    assert "picture 1 of 2 cannot be decoded" in (result.outcome.error or "")


def test_refused_faces_are_counted_and_never_compared(casework: Casework, search: Search) -> None:
    limits = QualityConfig(min_face_px=400.0)
    strict = Config(quality=limits, detect=DetectConfig(long_side_px=640))
    result = scan(casework.footage / "walk.mp4", with_config(search, strict))
    assert result.sightings == ()
    assert result.outcome.rejections == {"small": result.outcome.faces_detected}
    assert result.outcome.faces_rejected == result.outcome.faces_detected > 20


def test_scanning_twice_gives_the_same_sightings(
    casework: Casework, search: Search, walked: SegmentResult
) -> None:
    assert scan(casework.footage / "walk.mp4", search).sightings == walked.sightings


def test_the_motion_gate_loses_nobody(
    casework: Casework, search: Search, walked: SegmentResult, strangers: SegmentResult
) -> None:
    ungated = Config(footage=FootageConfig(motion=MotionConfig(enabled=False)))
    for name, gated in (("walk.mp4", walked), ("group.mp4", strangers)):
        every = scan(casework.footage / name, with_config(search, ungated))
        assert [s.subject_id for s in gated.sightings] == [s.subject_id for s in every.sightings]
        assert gated.outcome.frames_analysed <= every.outcome.frames_analysed


def test_someone_on_a_frozen_picture_is_found(
    casework: Casework, search: Search, tmp_path: Path
) -> None:
    """A picture that stands still is looked at once; that look must be enough."""
    portrait = installed_picture(ASTRONAUT)[..., ::-1]
    wall = np.full_like(portrait, 80)
    shown = [wall] * 25 + [portrait] * 45 + [wall] * 25
    clip = write_clip(tmp_path / "slides.mp4", [np.ascontiguousarray(p) for p in shown])
    (sighting,) = scan(clip, search).sightings
    assert sighting.subject_id == "astronaut"
    assert seconds(sighting.start_ns) == pytest.approx(1.0, abs=0.21)
    assert seconds(sighting.end_ns) == pytest.approx(2.8, abs=0.41)


def test_a_bystander_missed_in_the_frame_is_hidden_in_the_evidence(
    casework: Casework, search: Search
) -> None:
    """Two faces side by side, of which only one was detected in the frame."""
    person = np.ascontiguousarray(installed_picture(ASTRONAUT)[40:240, 165:285])
    child = cv2.resize(person, (60, 100), interpolation=cv2.INTER_AREA)
    picture = np.hstack([person, np.full((200, 60, 3), 90, np.uint8)])
    picture[60:160, 120:] = child
    (faces,) = (detect_in_still(search.stages.exact_detector, StillFrame(person), (320,)),)
    view = cut_view(StillFrame(picture), faces.take(np.array([0])), 0)
    shot = Shot(0, faces.boxes_xyxy[0], faces.landmarks_xy[0], 0.9, 0.5, view)
    jpeg = evidence_jpeg(shot, search.stages)
    shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    found = detect_in_still(search.stages.exact_detector, StillFrame(np.asarray(shown)), (320,))
    before = detect_in_still(search.stages.exact_detector, StillFrame(view.bgr), (320,))
    assert len(before) == 2
    assert len(found) == 1


def damaged_after(frames: Iterator[Frame], count: int) -> Iterator[Frame]:
    for _ in range(count):
        yield next(frames)
    raise FootageDamaged("walk.mp4 is damaged from 5.0 s on")


def test_what_can_be_read_of_damaged_footage_is_searched(
    casework: Casework, search: Search
) -> None:
    segment = segment_of(casework.footage / "walk.mp4")
    frames = damaged_after(open_segment(segment, S3Config()), 125)
    result = scan_segment(segment, frames, search)
    assert [s.subject_id for s in result.sightings] == ["astronaut"]
    assert result.outcome.status == "failed"
    assert result.outcome.error == "walk.mp4 is damaged from 5.0 s on"


def replaced_after(frames: Iterator[Frame], count: int, path: Path) -> Iterator[Frame]:
    for _ in range(count):
        yield next(frames)
    path.write_bytes(path.read_bytes())
    yield from frames


def test_nothing_of_footage_that_was_replaced_meanwhile_is_kept(
    casework: Casework, search: Search, tmp_path: Path
) -> None:
    path = tmp_path / "walk.mp4"
    path.write_bytes((casework.footage / "walk.mp4").read_bytes())
    segment = segment_of(path)
    frames = replaced_after(open_segment(segment, S3Config()), 220, path)
    with pytest.raises(FootageChanged, match=f"{path} was changed"):
        scan_segment(segment, frames, search)


def unreadable(_: int) -> Frame:
    raise FootageUnreadable("x.mp4 cannot be read")


def test_footage_of_which_nothing_can_be_read(search: Search, casework: Casework) -> None:
    nothing = map(unreadable, range(1))
    segment = segment_of(casework.footage / "walk.mp4")
    outcome = scan_segment(segment, nothing, search).outcome
    assert (outcome.status, outcome.error) == ("failed", "x.mp4 cannot be read")


@pytest.mark.parametrize(
    ("clip", "gallery_images", "exclude", "subject", "lowest"),
    [
        pytest.param(
            "custody_S029.avi", "custody", ("S029-01*",), "S029", 0.7, marks=pytest.mark.long
        ),
        (
            "stage_clip.mp4",
            "footage/known_answer/stage_clip_gallery",
            (),
            "lin-manuel-miranda",
            0.7,
        ),
    ],
)
def test_known_people_in_real_footage(
    shared_data: Path,
    casework: Casework,
    search: Search,
    clip: str,
    gallery_images: str,
    exclude: tuple[str, ...],
    subject: str,
    lowest: float,
) -> None:
    from tests.enrolment.test_intake import enrolled

    gallery = enrolled(casework.home, subject, shared_data / gallery_images, exclude)
    matcher = open_matcher(load_snapshot(casework.home, gallery))
    own = Search(search.stages, matcher, 0.43, search.config)
    result = scan(shared_data / "footage" / "known_answer" / clip, own)
    assert {s.subject_id for s in result.sightings} == {subject}
    assert max(s.score for s in result.sightings) >= lowest


def test_no_template_or_picture_of_others_is_in_the_outcome(strangers: SegmentResult) -> None:
    """The receipt of a segment full of strangers holds counts and nothing else."""
    outcome = strangers.outcome
    for name in outcome.__dataclass_fields__:
        value = getattr(outcome, name)
        assert not isinstance(value, bytes | np.ndarray | list | tuple), name
