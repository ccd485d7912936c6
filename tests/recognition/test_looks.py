"""Looks searched for faces, with the real detector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lfr_batch.config.schema import Config, DetectConfig, QualityConfig
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.letterbox import PixelRegion
from lfr_batch.faces.stages import open_stages
from lfr_batch.faces.turns import Turn
from lfr_batch.footage.stills import StillFrame
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.looks import Look, Seen, SegmentCounts, find_faces, whole_input
from lfr_batch.recognition.shots import take_shots
from lfr_batch.records import NS_PER_S, ByteArray
from lfr_batch.tracks.tracker import TrackerState, look
from tests.one_case import ASTRONAUT, installed_picture

Detectors = Mapping[Turn, Detector]

CONFIG = Config(detect=DetectConfig(frames="thorough", long_side_px=640))
MIXED = Config(detect=DetectConfig(frames="mixed", thorough_every_s=1.0, long_side_px=640))
LEFT, RIGHT = (60, 100), (400, 100)
"""Where the astronaut's face, 120 x 160 pixels of picture, may stand in a 640 x 360 picture."""


@pytest.fixture(scope="module")
def detectors(open_pack_home: Any) -> Detectors:
    return open_stages(load_pack(open_pack_home, "open"), CONFIG, threads=2).frame_detectors


@pytest.fixture(scope="module")
def both(open_pack_home: Any) -> Detectors:
    return open_stages(load_pack(open_pack_home, "open"), MIXED, threads=2).frame_detectors


def scene(*corners: tuple[int, int], size_wh: tuple[int, int] = (640, 360)) -> StillFrame:
    """A grey wall with a face at each place."""
    face = installed_picture(ASTRONAUT)[40:200, 165:285]
    picture: ByteArray = np.full((size_wh[1], size_wh[0], 3), 90, np.uint8)
    for left, top in corners:
        picture[top : top + 160, left : left + 120] = face
    return StillFrame(picture)


def looks_of(
    *shown: StillFrame | None, regions: dict[int, PixelRegion] | None = None
) -> list[Look]:
    return [
        Look(i * NS_PER_S // 5, frame, region=(regions or {}).get(i))
        for i, frame in enumerate(shown)
    ]


def seen_of(looks: Iterable[Look], detectors: Detectors, config: Config = CONFIG) -> list[Seen]:
    return list(find_faces(looks, detectors, config, SegmentCounts()))


def boxes(seen: Seen) -> list[list[int]]:
    return sorted(np.round(seen.faces.boxes_xyxy).astype(int).tolist())


def test_every_look_comes_back_in_order_with_its_own_faces(detectors: Detectors) -> None:
    none, one, two = scene(), scene(LEFT), scene(LEFT, RIGHT)
    shown = [None, one, None, None, two, none, None, two, one, None, None]
    looks = looks_of(*shown)
    seen = seen_of(looks, detectors)
    assert [s.look for s in seen] == looks
    counts = {id(none): 0, id(one): 1, id(two): 2}
    assert [len(s.faces) for s in seen] == [counts[id(f)] if f else 0 for f in shown]
    assert all(s.shown_xyxy is None for s in seen)
    assert boxes(seen[1]) == boxes(seen[8]) == boxes(seen[4])[:1]


@pytest.mark.parametrize("shown", [[], [None], [None, None, None]])
def test_looks_without_frames_need_no_detector(
    shown: list[StillFrame | None], detectors: Detectors
) -> None:
    looks = looks_of(*shown)
    seen = seen_of(looks, detectors)
    assert [s.look for s in seen] == looks
    assert not any(len(s.faces) for s in seen)


def test_pictures_of_any_size_may_follow_each_other(detectors: Detectors) -> None:
    shown = [scene(LEFT), scene(LEFT, size_wh=(320, 300)), None, scene(RIGHT), scene(LEFT)]
    seen = seen_of(looks_of(*shown), detectors)
    assert [len(s.faces) for s in seen] == [1, 1, 0, 1, 1]
    for s in seen:
        if s.look.frame is not None:
            assert np.all(s.faces.boxes_xyxy[:, 2:] <= s.look.frame.size_wh)
    np.testing.assert_allclose(seen[0].faces.boxes_xyxy, seen[1].faces.boxes_xyxy, atol=4)
    np.testing.assert_array_equal(seen[0].faces.boxes_xyxy, seen[4].faces.boxes_xyxy)


def test_detectors_take_turns_and_agree_on_a_face(both: Detectors) -> None:
    """Every second begins with two thorough looks; moments without a frame are nobody's turn."""
    shown = [scene(LEFT), None, *[scene(LEFT, RIGHT)] * 6]
    taken: list[str] = []
    noting = {
        turn: replace(each, session=Noting(each.session, turn, taken))
        for turn, each in both.items()
    }
    seen = seen_of(looks_of(*shown), noting, MIXED)
    assert taken == ["thorough"] * 2 + ["quick"] * 2 + ["thorough"] * 2 + ["quick"]
    assert [len(each.faces) for each in seen] == [1, 0, 2, 2, 2, 2, 2, 2]
    for each in seen[3:]:
        np.testing.assert_allclose(boxes(each), boxes(seen[2]), atol=25)


def test_where_nothing_changes_the_quick_detector_looks(both: Detectors) -> None:
    looks = [Look(i * 2 * NS_PER_S, scene(LEFT), calm=i > 1) for i in range(6)]
    taken: list[str] = []
    noting = {
        turn: replace(each, session=Noting(each.session, turn, taken))
        for turn, each in both.items()
    }
    seen_of(looks, noting, MIXED)
    assert taken == ["thorough"] * 3 + ["quick"] * 3


def test_whom_the_quick_detector_misses_is_looked_at_thoroughly(both: Detectors) -> None:
    """Pictures wait for what the look before them has shown, whatever is under way."""
    taken: list[str] = []
    blind = replace(both["quick"], session=Blind(both["quick"].session, "quick", taken))
    noted = Noting(both["thorough"].session, "thorough", taken)
    noting: Detectors = {"quick": blind, "thorough": replace(both["thorough"], session=noted)}
    seen = seen_of(looks_of(*[scene(LEFT)] * 7), noting, MIXED)
    assert taken == ["thorough"] * 2 + ["quick"] + ["thorough"] * 4
    assert [len(each.faces) for each in seen] == [1, 1, 0, 1, 1, 1, 1]
    empty = [scene()] * 7
    taken.clear()
    seen_of(looks_of(*empty), noting, MIXED)
    assert taken == ["thorough"] * 2 + ["quick"] * 3 + ["thorough"] * 2


class Noting:
    """A real session that notes whose pictures it is given."""

    gathers = False
    selection = None

    def __init__(self, session: Any, turn: str, taken: list[str]) -> None:
        self._session, self._turn, self._taken = session, turn, taken
        self.description = session.description
        self.run = session.run
        self.input_wh = session.input_wh

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[Any]:
        def noted() -> Iterator[ByteArray]:
            for batch in batches:
                self._taken.append(self._turn)
                yield batch

        yield from self._session.run_all(noted())


class Blind(Noting):
    """And answers that there is nobody."""

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[Any]:
        for heads in super().run_all(batches):
            yield tuple(np.zeros_like(head) for head in heads)


def test_frames_are_taken_as_they_are_needed(detectors: Detectors) -> None:
    """Looks are made lazily: only a few frames are in memory at a time."""
    taken: list[int] = []

    def lazily() -> Iterator[Look]:
        for look_ in looks_of(*[scene(LEFT)] * 12):
            taken.append(look_.pts_ns)
            yield look_

    finding = find_faces(lazily(), detectors, CONFIG, SegmentCounts())
    next(finding)
    assert len(taken) <= 6
    assert len(list(finding)) == 11
    assert len(taken) == 12


def test_only_the_region_is_searched(detectors: Detectors) -> None:
    frame = scene(LEFT, RIGHT)
    (whole, part) = seen_of(looks_of(frame, frame, regions={1: (360, 40, 600, 320)}), detectors)
    assert len(whole.faces) == 2
    assert part.shown_xyxy is not None
    assert boxes(part)[0] == pytest.approx(boxes(whole)[1], abs=4)
    assert len(part.faces) == 1
    left, top, right, bottom = part.shown_xyxy
    assert left <= 360
    assert top <= 40
    assert right >= 600
    assert bottom >= 320


def test_a_region_that_is_the_whole_picture_hides_nothing(detectors: Detectors) -> None:
    frame = scene(LEFT, RIGHT)
    (seen,) = seen_of(looks_of(frame, regions={0: (0, 0, 640, 360)}), detectors)
    assert (len(seen.faces), seen.shown_xyxy) == (2, None)


@pytest.mark.parametrize("left", range(0, 640, 32))
def test_a_face_that_the_border_of_a_part_cuts_is_left_out(detectors: Detectors, left: int) -> None:
    """Wherever the border runs: what is found lies inside, and is what the whole picture shows."""
    frame = scene((260, 100))
    region = (left, 0, min(left + 120, 640), 360)
    (whole, part) = seen_of(looks_of(frame, frame, regions={1: region}), detectors)
    assert len(whole.faces) == 1
    if part.shown_xyxy is None:
        assert boxes(part) == boxes(whole)
        return
    box, shown = whole.faces.boxes_xyxy[0], part.shown_xyxy
    if box[0] > shown[0] + 16 and box[2] < shown[2] - 16:
        assert boxes(part)[0] == pytest.approx(boxes(whole)[0], abs=6)
    for found in part.faces.boxes_xyxy:
        assert found[0] >= shown[0]
        assert found[2] <= shown[2]
        assert np.abs(found - box).max() < 16


def test_the_track_of_a_face_cut_by_the_border_is_held(detectors: Detectors) -> None:
    """It is not lost, and it is not begun anew from half a face."""
    frame = scene((320, 100))
    cutting = (0, 0, 320, 360)
    looks = looks_of(*[frame] * 12, regions=dict.fromkeys(range(1, 11), cutting))
    state = TrackerState()
    for seen in seen_of(looks, detectors):
        assert seen.look.frame is not None
        assert len(seen.faces) == (seen.look.region is None)
        shots, _ = take_shots(frame, seen.faces, CONFIG.quality)
        state, closed = look(
            state, seen.look.pts_ns, seen.faces, shots, CONFIG.track, seen.shown_xyxy
        )
        assert closed == ()
    (track,) = state.open_tracks
    assert (track.number, track.frames, track.end_ns) == (0, 12, 11 * NS_PER_S // 5)


def test_faces_are_counted_once_the_border_has_taken_its_share(detectors: Detectors) -> None:
    frame, tally = scene((320, 100)), SegmentCounts()
    looks = looks_of(frame, None, frame, regions={2: (0, 0, 320, 360)})
    seen = list(find_faces(looks, detectors, CONFIG, tally))
    assert tally.faces_detected == sum(len(s.faces) for s in seen) == 1
    assert tally.inferring.spent_s > 0


@pytest.mark.parametrize(("min_face_px", "found"), [(24.0, 1), (64.0, 1), (2000.0, 0)])
def test_frames_are_scaled_to_the_smallest_face_that_counts(
    detectors: Detectors, min_face_px: float, found: int
) -> None:
    detect = DetectConfig(frames="thorough")
    config = Config(detect=detect, quality=QualityConfig(min_face_px=min_face_px))
    assert config.detect.long_side_px is None
    (seen,) = seen_of(looks_of(scene(LEFT)), detectors, config)
    assert len(seen.faces) == found
    for box in boxes(seen):
        assert box == pytest.approx(boxes(seen_of(looks_of(scene(LEFT)), detectors)[0])[0], abs=12)


@pytest.mark.parametrize(
    ("long_side_px", "shown_wh"), [(None, (800, 448)), (800, (800, 450)), (640, (640, 360))]
)
def test_frames_are_trimmed_unless_their_size_is_set(
    detectors: Detectors, long_side_px: int | None, shown_wh: tuple[int, int]
) -> None:
    reading = detectors["thorough"].reading
    detect = DetectConfig(long_side_px=long_side_px)
    assert whole_input((1280, 720), reading, detect, QualityConfig()).content_wh == shown_wh


def test_time_spent_decoding_is_not_counted_as_inference(
    detectors: Detectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that goes on only while looks are waited for."""
    clock, tally = [0.0], SegmentCounts()

    def decoding() -> Iterator[Look]:
        for each in looks_of(scene(LEFT), None, scene(RIGHT)):
            clock[0] += 1000.0
            yield each

    monkeypatch.setattr("lfr_batch.recognition.looks.perf_counter", lambda: clock[0])
    list(find_faces(tally.decoding.over(decoding()), detectors, CONFIG, tally))
    assert (tally.decoding.spent_s, tally.inferring.spent_s) == (3000.0, 0.0)


def test_cameras_that_take_turns_are_each_looked_at_thoroughly(both: Detectors) -> None:
    """As often as each would be alone: what one camera shows says nothing of another."""
    cameras = [scene(LEFT), scene(RIGHT), scene()]
    looks = [replace(each, view=i % 3) for i, each in enumerate(looks_of(*cameras * 5))]

    def turns(looks: list[Look]) -> list[str]:
        taken: list[str] = []
        noting = {
            turn: replace(each, session=Noting(each.session, turn, taken))
            for turn, each in both.items()
        }
        seen_of(looks, noting, MIXED)
        return taken

    alone = [turns([each for each in looks if each.view == view]) for view in range(3)]
    assert all(taken.count("thorough") >= 4 for taken in alone)
    assert sorted(turns(looks)) == sorted(each for taken in alone for each in taken)
