from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.config.schema import TrackConfig
from lfr_batch.records import NS_PER_S, FaceBatch, Shot, Track
from lfr_batch.tracks.tracker import TrackerState, close_all, hold, look
from tests.tracks.test_best_shot import shot

LIMITS = TrackConfig(max_gap_s=1.0)


def faces(*lefts: float) -> FaceBatch:
    boxes = np.array([(x, 100, x + 50, 150) for x in lefts], np.float32).reshape(-1, 4)
    n = len(lefts)
    return FaceBatch(boxes, np.zeros((n, 5, 2), np.float32), np.full(n, 0.9, np.float32))


def run(
    *looks: tuple[float, FaceBatch | None] | tuple[float, FaceBatch, tuple[float, ...]],
    refuse: bool = False,
) -> tuple[list[Track], TrackerState]:
    """All tracks, closed at the end; None is a look that the motion gate skipped.

    A third item is the part of the picture that was looked at.
    """
    state, closed = TrackerState(), list[Track]()
    for at_s, seen, *part in looks:
        if seen is None:
            state = hold(state, round(at_s * NS_PER_S))
            continue
        shots: list[Shot | None] = [None if refuse else shot(at_s, 0.5)] * len(seen)
        shown = np.array(part[0], np.float32) if part else None
        state, done = look(state, round(at_s * NS_PER_S), seen, shots, LIMITS, shown)
        closed += done
    state, rest = close_all(state)
    return [*closed, *rest], state


def spans(tracks: list[Track]) -> list[tuple[float, float, int]]:
    return [(t.start_ns / NS_PER_S, t.end_ns / NS_PER_S, t.frames) for t in tracks]


def test_a_face_that_moves_is_one_track() -> None:
    tracks, _ = run(*[(i / 5, faces(10 + 20 * i)) for i in range(10)])
    assert spans(tracks) == [(0.0, 1.8, 10)]
    assert tracks[0].first_box_xyxy[0] == 10
    assert tracks[0].last_box_xyxy[0] == 190


def test_two_people_side_by_side_are_two_tracks() -> None:
    tracks, _ = run(*[(i / 5, faces(10, 300)) for i in range(3)])
    assert [t.frames for t in tracks] == [3, 3]
    assert {t.number for t in tracks} == {0, 1}


def test_a_short_gap_is_bridged_and_a_long_one_is_not() -> None:
    tracks, _ = run((0.0, faces(10)), (0.2, faces()), (0.8, faces(12)))
    assert spans(tracks) == [(0.0, 0.8, 2)]
    tracks, _ = run((0.0, faces(10)), (0.2, faces()), (1.2, faces(12)))
    assert spans(tracks) == [(0.0, 0.0, 1), (1.2, 1.2, 1)]


def test_someone_who_stands_still_stays_while_frames_are_skipped() -> None:
    tracks, _ = run((0.0, faces(10)), (1.0, None), (2.0, None), (3.0, None), (3.5, faces(10)))
    assert spans(tracks) == [(0.0, 3.5, 5)]


def test_someone_lost_before_the_scene_came_to_rest_does_not_stay() -> None:
    tracks, _ = run((0.0, faces(10)), (0.4, faces()), (1.0, None), (2.0, None), (3.0, faces(10)))
    assert spans(tracks) == [(0.0, 0.0, 1), (3.0, 3.0, 1)]


def test_refused_faces_are_followed_but_leave_no_shot() -> None:
    tracks, _ = run((0.0, faces(10)), (0.2, faces(12)), refuse=True)
    assert [(t.frames, t.shots) for t in tracks] == [(2, ())]


def test_numbers_are_not_used_twice() -> None:
    tracks, state = run((0.0, faces(10)), (2.0, faces(10)), (20.0, faces(10, 400)))
    assert sorted(t.number for t in tracks) == [0, 1, 2, 3]
    assert state.next_number == 4


LEFT_HALF = (-np.inf, -np.inf, 320.0, np.inf)


def test_someone_outside_the_part_that_was_looked_at_stays() -> None:
    parts = [(i / 5, faces(10 + 5 * i), LEFT_HALF) for i in range(1, 10)]
    tracks, _ = run((0.0, faces(10, 400)), *parts)
    assert spans(tracks) == [(0.0, 1.8, 10), (0.0, 1.8, 10)]
    assert tracks[1].last_box_xyxy[0] == 400
    assert len(tracks[1].shots) == 1


def test_someone_gone_from_the_part_that_was_looked_at_does_not_stay() -> None:
    parts = [(i / 5, faces(), LEFT_HALF) for i in range(1, 10)]
    tracks, _ = run((0.0, faces(10, 400)), *parts)
    assert sorted(spans(tracks)) == [(0.0, 0.0, 1), (0.0, 1.8, 10)]


def test_someone_whom_the_border_of_the_part_cuts_stays() -> None:
    parts = [(i / 5, faces(), LEFT_HALF) for i in range(1, 10)]
    tracks, _ = run((0.0, faces(300)), *parts)
    assert spans(tracks) == [(0.0, 1.8, 10)]


def test_someone_lost_before_stays_lost_outside_the_part() -> None:
    tracks, _ = run(
        (0.0, faces(10, 400)),
        (0.2, faces(10)),
        (0.4, faces(10), LEFT_HALF),
        (0.6, faces(10), LEFT_HALF),
        (0.8, faces(10, 400)),
    )
    assert spans(tracks) == [(0.0, 0.8, 5), (0.0, 0.8, 2)]


def test_parts_skipped_frames_and_whole_looks_follow_each_other() -> None:
    """The one on the right is seen in whole looks only, and never lost in between."""
    tracks, _ = run(
        (0.0, faces(10, 400)),
        (0.2, faces(20), LEFT_HALF),
        (0.4, None),
        (0.6, faces(30), LEFT_HALF),
        (0.8, faces(40, 402)),
        (1.0, faces(), LEFT_HALF),
        (1.2, None),
        (1.4, faces(400)),
    )
    assert spans(tracks) == [(0.0, 0.8, 5), (0.0, 1.4, 8)]


def test_a_face_that_walks_out_of_the_part_is_the_same_once_it_is_seen_again() -> None:
    tracks, _ = run(
        (0.0, faces(250)),
        (0.2, faces(268), LEFT_HALF),
        (0.4, faces(), LEFT_HALF),
        (0.6, faces(310)),
    )
    assert spans(tracks) == [(0.0, 0.6, 4)]


@pytest.mark.parametrize(("left", "stays"), [(240, False), (256, False), (259, True), (290, True)])
def test_someone_near_the_border_may_have_moved_into_it(left: float, stays: bool) -> None:
    tracks, _ = run((0.0, faces(left)), (0.2, faces(), LEFT_HALF))
    assert spans(tracks) == [(0.0, 0.2, 2) if stays else (0.0, 0.0, 1)]


def test_someone_who_leaves_the_picture_itself_does_not_stay() -> None:
    """Where the picture ends nothing else could have cut the face."""
    tracks, _ = run((0.0, faces(0)), (0.2, faces(), LEFT_HALF))
    assert spans(tracks) == [(0.0, 0.0, 1)]


def test_someone_new_in_the_part_is_someone_new() -> None:
    tracks, state = run((0.0, faces(400)), (0.2, faces(20), LEFT_HALF), (0.4, faces(400, 22)))
    assert spans(tracks) == [(0.0, 0.4, 3), (0.2, 0.4, 2)]
    assert state.next_number == 2


@pytest.mark.parametrize(
    ("looks", "alone"),
    [
        ([(0.0, faces(10))], True),
        ([(0.0, faces(10)), (0.2, faces())], False),
        ([(0.0, faces()), (0.2, faces(10))], False),
        ([(0.0, faces()), (5.0, faces(10)), (10.0, faces())], True),
        ([(0.0, faces()), (5.0, faces(10)), (5.2, faces())], False),
        ([(0.0, faces()), (1.0, faces(10)), (2.0, faces())], True),
        ([(0.0, faces()), (0.5, faces(10)), (1.0, faces())], False),
    ],
    ids=["one look", "one after", "one before", "far apart", "near after", "1 a second", "2"],
)
def test_a_face_is_alone_where_no_other_look_could_have_shown_it(
    looks: list[tuple[float, FaceBatch | None]], alone: bool
) -> None:
    (track,), _ = run(*looks)
    assert (track.frames, track.alone) == (1, alone)


def test_someone_who_stays_is_one_track_in_a_time_lapse() -> None:
    looks = [(5.0 * i, faces(10 + i)) for i in range(6)]
    tracks, _ = run(*looks)
    # The first two looks tell how far apart they are.
    assert spans(tracks)[-1] == (5.0, 25.0, 5)


def test_a_leap_of_time_ends_a_track_in_footage_of_an_ordinary_rate() -> None:
    tracks, _ = run((0.0, faces(10)), (0.2, faces(10)), (12.0, faces(10)), (12.2, faces(10)))
    assert spans(tracks) == [(0.0, 0.2, 2), (12.0, 12.2, 2)]
