from __future__ import annotations

from collections.abc import Sequence

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.evaluation.labelled import Labelled, Role
from lfr_batch.evaluation.protocol import LEFT_OUT, left_out_of, protocol_of, without_repeats


def picture(subject: str, name: str, role: Role | None = None, date: str = "") -> Labelled:
    return Labelled(f"{subject}/{name}.jpg", subject, role, date=date, line=2)


def clip(subject: str, role: Role | None, *times: float) -> Labelled:
    begin, end = times or (None, None)
    return Labelled("c.mp4", subject, role, begin, end, line=7, is_picture=False)


def names(files: Sequence[Labelled]) -> list[str]:
    return [file.uri for file in files]


def test_roles_are_as_stated() -> None:
    files = [
        picture("a", "1", "enrol"),
        picture("a", "2", "probe"),
        picture("b", "1", "unknown"),
        clip("a", "probe", 1.0, 2.0),
    ]
    made = protocol_of(files)
    assert names(made.enrolled) == ["a/1.jpg"]
    assert names(made.mated) == ["a/2.jpg"]
    assert names(made.unknown) == ["b/1.jpg"]
    assert names(made.clips) == ["c.mp4"]


def test_without_roles_the_first_picture_of_those_with_several_is_enrolled() -> None:
    several = [picture(f"s{n:02d}", str(k)) for n in range(20) for k in (2, 1, 3)]
    made = protocol_of([*several, picture("alone", "1")])
    outside = left_out_of([f"s{n:02d}" for n in range(20)])
    assert len(outside) == round(LEFT_OUT * 20)
    assert {file.subject_id for file in made.unknown} == {*outside, "alone"}
    assert len(made.unknown) == 3 * len(outside) + 1
    assert all(file.uri.endswith("/1.jpg") for file in made.enrolled)
    assert len(made.enrolled) == 20 - len(outside)
    assert len(made.mated) == 2 * len(made.enrolled)


def test_the_split_follows_from_names_alone() -> None:
    files = [picture(f"s{n:02d}", str(k)) for n in range(20) for k in (1, 2)]
    assert protocol_of(files) == protocol_of(files[::-1])


def test_a_date_goes_before_a_name() -> None:
    files = [picture("a", "1", date="2020-05-01"), picture("a", "2", date="2019-01-01")]
    made = protocol_of([*files, picture("b", "1")])
    assert names(made.enrolled) == ["a/2.jpg"]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([picture("a", "1"), picture("b", "1")], "no subject has two pictures; give more"),
        ([picture("a", "1"), picture("a", "2")], "There are no unknown people"),
        ([picture("a", "1", "enrol"), picture("b", "1", "unknown")], "Nobody who is enrolled"),
        ([picture("a", "1", "enrol"), picture("a", "2")], "Line 2 has no role, and others have"),
        ([picture("a", "1", "probe")], "Line 2 is a probe of a subject of whom no line enrols"),
        (
            [picture("a", "1", "enrol"), picture("a", "2", "unknown")],
            "Line 2 is of an unknown person, whom another line enrols",
        ),
        ([clip("a", "enrol", 1.0, 2.0)], "Line 7 enrols a clip: enrol a picture"),
        (
            [picture("a", "1", "enrol"), clip("a", "probe")],
            "Line 7 is a clip without times: say in columns begin and end",
        ),
    ],
)
def test_what_makes_no_evaluation_is_refused_with_the_way_out(
    files: list[Labelled], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        protocol_of(files)


def test_a_clip_in_which_nobody_is_known_needs_no_times() -> None:
    made = protocol_of([picture("a", "1", "enrol"), clip("b", "unknown")])
    assert len(made.clips) == 1


def test_the_very_picture_that_is_enrolled_is_not_searched() -> None:
    files = [
        picture("a", "1", "enrol"),
        picture("a", "2", "probe"),
        picture("a", "3", "probe"),
        picture("b", "1", "unknown"),
        picture("b", "2", "unknown"),
    ]
    digests = {"a/1.jpg": "x", "a/2.jpg": "x", "a/3.jpg": "y", "b/1.jpg": "z", "b/2.jpg": "z"}
    made, dropped = without_repeats(protocol_of(files), digests)
    assert dropped == 2
    assert names(made.searched) == ["a/3.jpg", "b/1.jpg"]
