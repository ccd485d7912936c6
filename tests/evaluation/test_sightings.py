from __future__ import annotations

import pytest

from lfr_batch.evaluation.all_figures import of_clips
from lfr_batch.evaluation.figures import EvaluationFigures
from lfr_batch.evaluation.sightings import Stretch, compared

LABEL = Stretch(0, "a", 10.0, 20.0)


@pytest.mark.parametrize(
    ("seen", "found", "false"),
    [
        ([], False, 0),
        ([Stretch(0, "a", 11.0, 19.0)], True, 0),
        ([Stretch(0, "a", 20.9, 25.0)], True, 0),
        ([Stretch(0, "a", 21.1, 25.0)], False, 1),
        ([Stretch(0, "b", 11.0, 19.0)], False, 1),
        ([Stretch(1, "a", 11.0, 19.0)], False, 1),
        ([Stretch(0, "a", 10.5, 12.0), Stretch(0, "a", 15.0, 20.2)], True, 0),
        ([Stretch(0, "a", 10.5, 12.0), Stretch(0, "a", 40.0, 42.0)], True, 1),
    ],
)
def test_found_missed_and_false(seen: list[Stretch], found: bool, false: int) -> None:
    figures = compared([LABEL], seen, 60.0)
    assert (figures.matches[0].is_found, figures.false) == (found, false)


def test_how_far_off_it_begins_and_ends() -> None:
    seen = [Stretch(0, "a", 10.5, 12.0), Stretch(0, "a", 15.0, 20.25)]
    [match] = compared([LABEL], seen, 60.0).matches
    assert (match.begin_error_s, match.end_error_s) == (0.5, 0.25)


def test_its_figures() -> None:
    clips = compared([LABEL, Stretch(1, "b", 0.0, 5.0)], [Stretch(0, "a", 11.0, 20.0)], 1800.0)
    figures = EvaluationFigures(of_clips(clips))
    assert [figures.one(name).value for name in ("sighting_found", "sighting_missed")] == [0.5, 0.5]  # type: ignore[union-attr]
    assert [figures.one(n).value for n in ("sighting_false_per_h", "begin_error_s")] == [0.0, 1.0]  # type: ignore[union-attr]


def test_what_of_a_clip_could_not_be_searched_is_said() -> None:
    figures = EvaluationFigures(of_clips(compared([LABEL], [], 60.0, not_searched=2)))
    [count] = figures.many("count")
    assert (count.found, count.detail) == (2, "segments of clips that could not be searched")
