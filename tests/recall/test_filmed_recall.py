"""The same of real footage: who is in it is known, so is that nobody else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.known_answers import KNOWN
from benchmarks.recall_scan import Found, Scan
from lfr_batch.config.schema import Config
from tests.recall.conftest import Pair
from tests.recall.test_planted_recall import LUCK, SCORE_TOLERANCE, WORST_TOLERANCE

pytestmark = pytest.mark.long

SAMPLE_S = 1 / Config().footage.sample_fps

APPEARANCES = [(Path(path).name, who) for path, people in KNOWN.items() for who in sorted(people)]
every_appearance = pytest.mark.parametrize(("file", "who"), APPEARANCES)


def of(scan: Scan, file: str, who: str) -> list[Found]:
    return [one for one in scan.found if (one.file, one.subject_id) == (file, who)]


@pytest.mark.parametrize("path", [path for path in KNOWN if KNOWN[path]])
def test_who_is_in_it_is_found_and_nobody_else(path: str, filmed: Pair) -> None:
    for scan in filmed:
        found = {one.subject_id for one in scan.found if one.file == Path(path).name}
        assert found == KNOWN[path]


def test_nobody_is_found_in_crowds_and_where_there_are_no_faces(filmed_strangers: Scan) -> None:
    assert filmed_strangers.found == ()
    assert filmed_strangers.frames_analysed > 50


@every_appearance
def test_sightings_are_those_of_the_reference(file: str, who: str, filmed: Pair) -> None:
    sparing, reference = (of(scan, file, who) for scan in filmed)
    assert len(sparing) == len(reference)
    for one, other in zip(sparing, reference, strict=True):
        assert one.start_s == pytest.approx(other.start_s, abs=SAMPLE_S + 1e-6)
        assert one.end_s == pytest.approx(other.end_s, abs=SAMPLE_S + 1e-6)


@every_appearance
def test_scores_are_those_of_the_reference(file: str, who: str, filmed: Pair) -> None:
    sparing, reference = (max(one.score for one in of(scan, file, who)) for scan in filmed)
    assert reference - SCORE_TOLERANCE <= sparing <= reference + LUCK


@every_appearance
def test_with_both_detectors_the_same_people_are_found(
    file: str, who: str, filmed: Pair, filmed_in_turn: Scan
) -> None:
    ours, theirs = of(filmed_in_turn, file, who), of(filmed[1], file, who)
    assert len(ours) == len(theirs)
    assert max(one.score for one in ours) >= max(one.score for one in theirs) - WORST_TOLERANCE
    found = {one.subject_id for one in filmed_in_turn.found if one.file == file}
    assert found == {name for name_of, name in APPEARANCES if name_of == file}
