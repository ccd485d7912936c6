from __future__ import annotations

from datetime import timedelta

from lfr_batch.live.deployment.counts import Decision, FacesSeen, decisions, live_counts, with_faces
from lfr_batch.live.records import LiveCounts
from tests.live.made import STARTED, a_review


def test_the_latest_review_counts_and_the_rest_is_unconfirmed() -> None:
    reviews = [
        a_review("a1", "no_match", number=1),
        a_review("a1", "match", "arrested", number=2),
        a_review("a2", "no_match", "engaged", number=3),
        a_review("a3", "cannot_tell", number=4),
        a_review("gone", "match", "arrested", number=5),
    ]
    made = decisions(["a1", "a2", "a3", "a4"], reviews)
    faces = {"north": FacesSeen(100, 20), "south": FacesSeen(0, 80)}
    counts = live_counts(made, faces)
    assert counts == LiveCounts(200, 4, 1, 1, 2, {"arrested": 1, "engaged": 1})
    assert (counts.false_per_face, counts.false_per_alert) == (0.005, 0.25)


def test_what_was_decided_later_counts_though_it_came_earlier() -> None:
    later = a_review("a1", "match", decided_at=STARTED + timedelta(hours=2))
    earlier = a_review("a1", "no_match", number=1, decided_at=STARTED)
    assert decisions(["a1"], [later, earlier]) == [Decision("match", None)]
    at_once = a_review("a1", "no_match", number=1, decided_at=later.decided_at)
    assert decisions(["a1"], [later, at_once]) == [Decision("no_match", None)]


def test_without_any_face_or_alert_there_is_no_rate() -> None:
    counts = live_counts([], {})
    assert (counts.false_per_face, counts.false_per_alert) == (None, None)


def test_a_camera_that_counts_anew_goes_on_where_it_was() -> None:
    seen = FacesSeen()
    for reported in (3, 10, 10, 2, 5, 0, 1):
        seen = with_faces(seen, reported)
    assert seen.before + seen.now == 10 + 5 + 1
