from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lfr_batch.config.schema import EnrolConfig
from lfr_batch.gallery.close_pairs import ClosePairs, PairLimits, on_processors
from lfr_batch.gallery.compared import read_pairs
from lfr_batch.gallery.enrolment import collect
from lfr_batch.gallery.records import EnrolledFace, Enrolment, SnapshotInfo
from lfr_batch.gallery.store import load_compared
from lfr_batch.gallery.templates import AnyTemplates

PEOPLE = {f"S{n:02d}": 1 + n % 3 for n in range(20)}
SETTINGS = EnrolConfig(duplicate_score=0.2, same_picture_score=0.75)
LIMITS = PairLimits(0.2, 0.75)


class Counting:
    """Compares, and remembers how many templates were new each time."""

    def __init__(self) -> None:
        self.new: list[int] = []

    def __call__(self, templates: AnyTemplates, new: int, lowest: float) -> Iterator[ClosePairs]:
        self.new.append(new)
        return on_processors(templates, new, lowest)


def enrol(home: Path, faces: list[EnrolledFace], counting: Counting) -> Enrolment:
    before = load_compared(home, "custody")
    return collect(faces, (), SETTINGS, before.of if before else lambda _: None, counting)


def test_an_enrolment_compares_what_is_new(tmp_path: Path, make_people: Any, publish: Any) -> None:
    people, counting = make_people(PEOPLE), Counting()
    publish(people, compared=(enrol(tmp_path, people, counting).close_pairs, LIMITS))
    retaken = replace(people[5], template=people[5].template[::-1].copy())
    moved = replace(people[7], subject_id="S99")
    more = make_people({"T1": 2, "S03": 1})
    now = [*people[1:5], retaken, people[6], moved, *people[8:], more[0], more[1]]
    enrolment = enrol(tmp_path, now, counting)
    assert counting.new == [len(people), 4]
    assert enrolment.report.duplicates == collect(now, (), SETTINGS).report.duplicates
    assert enrolment.report.duplicates != collect(people, (), SETTINGS).report.duplicates
    publish(now, compared=(enrolment.close_pairs, LIMITS))
    again = enrol(tmp_path, people, counting)
    assert counting.new == [len(people), 4, 3]
    assert again.report.duplicates == collect(people, (), SETTINGS).report.duplicates


def test_another_model_s_templates_have_not_been_compared(
    tmp_path: Path, make_people: Any, publish: Any
) -> None:
    """The same pictures, enrolled anew with a pack whose templates are longer."""
    people, counting = make_people(PEOPLE), Counting()
    publish(people, compared=(enrol(tmp_path, people, counting).close_pairs, LIMITS))
    longer = [
        replace(face, template=np.concatenate([face.template, face.template]) / np.float32(2**0.5))
        for face in people
    ]
    again = enrol(tmp_path, longer, counting)
    assert counting.new == [len(people), len(people)]
    assert again.report.duplicates == collect(longer, (), SETTINGS).report.duplicates


@pytest.mark.parametrize(
    ("limits", "new"),
    [
        (PairLimits(0.1, 0.7), 0),
        (PairLimits(0.2, 0.75), 0),
        (PairLimits(0.3, 0.75), 40),
        (PairLimits(0.2, 0.8), 40),
    ],
)
def test_limits_of_before(
    tmp_path: Path, make_people: Any, publish: Any, limits: PairLimits, new: int
) -> None:
    people, counting = make_people(PEOPLE), Counting()
    assert len(people) == 40 - 1
    settings = EnrolConfig(
        duplicate_score=limits.duplicate_score, same_picture_score=limits.same_picture_score
    )
    publish(people, compared=(collect(people, (), settings).close_pairs, limits))
    enrolment = enrol(tmp_path, people, counting)
    assert counting.new == [min(new, len(people))]
    assert enrolment.report == collect(people, (), SETTINGS).report


def published(publish: Any, people: list[EnrolledFace]) -> Path:
    enrolment = collect(people, (), SETTINGS)
    info: SnapshotInfo = publish(people, compared=(enrolment.close_pairs, LIMITS))
    return info.path.parents[1] / "compared" / f"{info.snapshot_id}.pairs"


def test_what_is_kept_is_its_owners_alone(make_people: Any, publish: Any) -> None:
    kept = published(publish, make_people(PEOPLE))
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_a_damaged_file_costs_time_and_nothing_else(
    tmp_path: Path, make_people: Any, publish: Any
) -> None:
    people, counting = make_people(PEOPLE), Counting()
    kept = published(publish, people)
    kept.write_bytes(kept.read_bytes()[:-60])
    enrolment = enrol(tmp_path, people, counting)
    assert enrolment.report == collect(people, (), SETTINGS).report
    publish(people, compared=(enrolment.close_pairs, LIMITS))
    assert load_compared(tmp_path, "custody") is not None, "it is written anew"


def test_no_byte_can_change_unnoticed(make_people: Any, publish: Any) -> None:
    kept = published(publish, make_people({"A": 2, "B": 2}))
    snapshot = kept.parents[1] / "snapshots" / kept.stem
    data = kept.read_bytes()
    assert read_pairs(snapshot) is not None
    for at in range(len(data)):
        kept.write_bytes(data[:at] + bytes([data[at] ^ 0x11]) + data[at + 1 :])
        assert read_pairs(snapshot) is None


def test_a_snapshot_without_one(tmp_path: Path, make_people: Any, publish: Any) -> None:
    """As version 0.1.0 left it."""
    people = make_people(PEOPLE)
    assert load_compared(tmp_path, "custody") is None
    publish(people)
    assert load_compared(tmp_path, "custody") is None
    publish(people, compared=(collect(people, (), SETTINGS).close_pairs, LIMITS))
    assert load_compared(tmp_path, "custody") is not None


def test_a_damaged_snapshot_is_none(tmp_path: Path, make_people: Any, publish: Any) -> None:
    published(publish, make_people(PEOPLE))
    info = publish(make_people(PEOPLE))
    index = info.path / "index.faiss"
    data = bytearray(index.read_bytes())
    data[-3] ^= 1
    index.write_bytes(data)
    assert load_compared(tmp_path, "custody") is None


def test_wider_limits_stay(make_people: Any, publish: Any) -> None:
    people = make_people(PEOPLE)
    kept = published(publish, people)
    before = kept.read_bytes()
    narrow = EnrolConfig(duplicate_score=0.3, same_picture_score=0.8)
    pairs = collect(people, (), narrow).close_pairs
    publish(people, compared=(pairs, PairLimits(0.3, 0.8)))
    assert kept.read_bytes() == before
    wide = EnrolConfig(duplicate_score=0.1, same_picture_score=0.75)
    pairs = collect(people, (), wide).close_pairs
    info = publish(people, compared=(pairs, PairLimits(0.1, 0.75)))
    found = read_pairs(info.path)
    assert found is not None
    assert np.array_equal(found[0].left, pairs.left)
    assert found[1] == PairLimits(0.1, 0.75)
