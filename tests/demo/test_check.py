"""The demonstration's verdict: right answers pass, every kind of wrong one is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfr_batch.demo.check import ToldSighting, judge
from lfr_batch.demo.truth import Clip, Enrollee, Presence, Truth

BEGIN = datetime(2026, 3, 14, 8, 15, tzinfo=UTC)
TRUTH = Truth(
    subjects=(Enrollee("ann", "Ann", "ann.jpg", "made up"),),
    clips=(
        Clip("a.mp4", "cam1", "gate", BEGIN.isoformat(), "made up"),
        Clip("empty.avi", "cam2", "yard", BEGIN.isoformat(), "made up"),
        Clip("cut.mp4", "cam3", "hall", BEGIN.isoformat(), "made up", readable=False),
    ),
    presences=(Presence("ann", "a.mp4", 4.0, 10.0, "another photograph", 0.5),),
)
STATUSES = {"a.mp4": "ok", "empty.avi": "ok", "cut.mp4": "failed"}


def seen(
    start_s: float = 4.2,
    end_s: float = 9.6,
    score: float = 0.7,
    subject_id: str = "ann",
    file: str = "a.mp4",
) -> ToldSighting:
    return ToldSighting(subject_id, file, start_s, end_s, BEGIN + timedelta(seconds=start_s), score)


RIGHT = [
    ([seen()], STATUSES),
    ([seen(end_s=6.0), seen(start_s=6.8)], STATUSES),
    ([seen(end_s=6.0, score=0.4), seen(start_s=6.8)], STATUSES),
    ([seen(start_s=3.6, end_s=10.4)], STATUSES),
    ([seen()], {**STATUSES, "cut.mp4": "damaged"}),
]
WRONG = [
    ([], STATUSES, "ann in a.mp4 was not found between 4 and 10 s"),
    ([seen(score=0.41)], STATUSES, "score of 0.41"),
    ([replace(seen(), start_utc=None)], STATUSES, "a.mp4"),
    ([replace(seen(), start_utc=BEGIN)], STATUSES, "a.mp4"),
    ([seen(), seen(subject_id="bob")], STATUSES, "bob was found in a.mp4"),
    ([seen(), seen(file="empty.avi")], STATUSES, "ann was found in empty.avi"),
    ([seen(), seen(0.2, 1.4)], STATUSES, "from 0.2 to 1.4 s"),
    ([seen()], {**STATUSES, "cut.mp4": "ok"}, "cut.mp4 is cut off, but is recorded as ok"),
    ([seen()], {**STATUSES, "empty.avi": "failed"}, "empty.avi is recorded as failed"),
    ([seen()], {"a.mp4": "ok", "empty.avi": "ok"}, "cut.mp4 is not in the footage table"),
]


@pytest.mark.parametrize(("sightings", "statuses"), RIGHT)
def test_a_right_answer_brings_no_complaint(
    sightings: Sequence[ToldSighting], statuses: Mapping[str, str]
) -> None:
    assert judge(TRUTH, sightings, statuses) == []


@pytest.mark.parametrize(("sightings", "statuses", "complaint"), WRONG)
def test_a_wrong_answer_is_named(
    sightings: Sequence[ToldSighting], statuses: Mapping[str, str], complaint: str
) -> None:
    complaints = judge(TRUTH, sightings, statuses)
    assert len(complaints) == 1
    assert complaint in complaints[0]


def test_an_empty_answer_misses_everything() -> None:
    assert len(judge(TRUTH, [], {})) == len(TRUTH.presences) + len(TRUTH.clips)
