from __future__ import annotations

import numpy as np

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
    *looks: tuple[float, FaceBatch | None], refuse: bool = False
) -> tuple[list[Track], TrackerState]:
    """All tracks, closed at the end; None is a look that the motion gate skipped."""
    state, closed = TrackerState(), list[Track]()
    for at_s, seen in looks:
        if seen is None:
            state = hold(state, round(at_s * NS_PER_S))
            continue
        shots: list[Shot | None] = [None if refuse else shot(at_s, 0.5)] * len(seen)
        state, done = look(state, round(at_s * NS_PER_S), seen, shots, LIMITS)
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
    tracks, _ = run((0.0, faces(10)), (0.6, faces()), (1.2, faces(12)))
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
    tracks, state = run((0.0, faces(10)), (2.0, faces(10)), (4.0, faces(10, 400)))
    assert sorted(t.number for t in tracks) == [0, 1, 2, 3]
    assert state.next_number == 4
