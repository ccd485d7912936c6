"""What leaves a gallery is gone, whatever interrupts it, and what stays is as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lfr_batch
from lfr_batch.config.schema import EnrolConfig
from lfr_batch.enrolment.forgetting import (
    carry_out,
    finish_intended,
    new_intention,
    what_goes,
    what_holds,
)
from lfr_batch.errors import GalleryEmpty, GalleryNotFound, StoreFull, UsageError
from lfr_batch.gallery.close_pairs import PairLimits
from lfr_batch.gallery.compared import read_pairs
from lfr_batch.gallery.enrolment import collect
from lfr_batch.gallery.records import EnrolledFace, SnapshotInfo
from lfr_batch.gallery.store import list_snapshots, load_snapshot, verify_snapshot
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from tests.enrolment.killed import NOW, S3, STATED
from tests.gallery.conftest import people_of, publish_in
from tests.gallery.grown import contents, grow

ROOT = Path(lfr_batch.__file__).parents[1]


def traces(home: Path, faces: list[EnrolledFace]) -> list[Path]:
    """Files below a home that hold something of the faces: a template, a picture, an id."""
    marks = [mark for face in faces for mark in _marks(face)]
    audit_log = home / "audit"
    paths = (path for path in home.rglob("*") if path.is_file() and audit_log not in path.parents)
    return [path for path in paths if any(mark in path.read_bytes() for mark in marks)]


def _marks(face: EnrolledFace) -> Iterator[bytes]:
    yield face.template.tobytes()
    yield face.image_id.encode()


OF_S2 = people_of({"S2": 4})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of S2 two pictures were enrolled, and two were added, and there are three snapshots."""
    home = tmp_path / "home"
    publish_in(home, [*people_of({"S1": 3, "S3": 1, "S5": 8}), *OF_S2[:2]])
    grow(home, OF_S2[2:])
    grow(home, people_of({"S6": 1}))
    return home


@pytest.fixture
def younger(home: Path) -> Path:
    """S2 is in the newest snapshots, in segments that others share."""
    grow(home, without=["S2"])
    grow(home, people_of({"S7": 1}))
    return home


def left(home: Path) -> list[str]:
    return [info.snapshot_id for info in list_snapshots(home, "custody")]


def all_are_whole(home: Path) -> None:
    for info in list_snapshots(home, "custody"):
        verify_snapshot(home, "custody", info.snapshot_id)
        contents(load_snapshot(home, "custody", info.snapshot_id))


def remove(home: Path, *subjects: str) -> Any:
    return carry_out(home, new_intention("remove", "custody", STATED, subjects=subjects), S3)[0]


def test_of_a_subject_nothing_is_left(home: Path) -> None:
    before = left(home)
    assert traces(home, OF_S2)
    receipt = remove(home, "S2")
    assert traces(home, OF_S2) == []
    assert set(receipt.snapshots_gone) == set(before)
    assert left(home) == [receipt.snapshot]
    assert receipt.bytes_gone > 0
    now = load_snapshot(home, "custody")
    everybody = people_of({"S1": 3, "S3": 1, "S5": 8, "S6": 1})
    publish_in(home, everybody, name="at-once")
    one, other = contents(now), contents(load_snapshot(home, "at-once"))
    assert one == other
    events = [line["event"] for line in audit.entries(home)]
    assert events == ["gallery.intended", "gallery.done"]
    with pytest.raises(GalleryNotFound, match="somebody in it was to be forgotten"):
        load_snapshot(home, "custody", before[0])


def test_snapshots_without_the_subject_stay_as_they_are(younger: Path) -> None:
    """Though they shared segments with those that had it."""
    names = left(younger)
    before = {n: contents(load_snapshot(younger, "custody", n)) for n in names}
    clean = [n for n, said in before.items() if "S2" not in said["subjects"]]
    assert len(clean) == 2
    assert traces(younger, OF_S2)
    remove(younger, "S2")
    assert traces(younger, OF_S2) == []
    assert sorted(left(younger)) == sorted(clean)
    for name in clean:
        assert contents(load_snapshot(younger, "custody", name)) == before[name]
    all_are_whole(younger)


def test_pairs_that_were_compared_stay_known(tmp_path: Path) -> None:

    people = people_of({"S1": 3, "S2": 3, "S3": 2})
    limits = PairLimits(0.6, 0.3)
    settings = EnrolConfig(duplicate_score=0.6, same_picture_score=0.3)
    found = collect(people, (), settings).close_pairs
    publish_in(tmp_path, people, compared=(found, limits))
    remove(tmp_path, "S2")
    kept = read_pairs(load_snapshot(tmp_path, "custody").path)
    rest = [face for face in people if face.subject_id != "S2"]
    expected = collect(rest, (), settings).close_pairs
    assert kept is not None
    assert kept[1] == limits
    assert len(expected) > 0
    for name in ("left", "right", "scores"):
        assert np.array_equal(getattr(kept[0], name), getattr(expected, name))


@pytest.mark.parametrize(
    ("subjects", "kind", "said"),
    [
        (["S9", "S2"], UsageError, "nobody called 'S9'"),
        (["S1", "S2", "S3", "S5", "S6"], GalleryEmpty, "lfr gallery delete custody"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    home: Path, subjects: list[str], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        what_holds(home, "custody", subjects, S3)


def test_pruned_of_what_nobody_names(younger: Path) -> None:
    names, current = left(younger), load_snapshot(younger, "custody").snapshot_id
    before = contents(load_snapshot(younger, "custody"))
    gone = [name for name in names if name != current]
    receipt, where = carry_out(
        younger, new_intention("prune", "custody", STATED, snapshots=names), S3
    )
    assert (set(receipt.snapshots_gone), left(younger)) == (set(gone), [current])
    assert traces(younger, OF_S2) == [], "rows that no snapshot names are in no segment"
    assert contents(load_snapshot(younger, "custody")) == before
    assert receipt.intention.id in Path(where).read_text()
    all_are_whole(younger)


INFOS = [
    SnapshotInfo(
        "custody", f"{n:012x}", "", "", 1, 1, 0, NOW, NOW + timedelta(days=n), "", "", Path()
    )
    for n in range(6)
]


@pytest.mark.parametrize(
    ("keep", "days", "gone"),
    [
        (0, None, [0, 2, 3]),
        (1, None, [0, 2, 3]),
        (3, None, [0, 2]),
        (9, None, []),
        (1, 20, []),
        (1, 7, [0, 2]),
        (4, 7, [0]),
    ],
)
def test_which_snapshots_go(keep: int, days: int | None, gone: list[int]) -> None:
    """The fourth is current, the first of two runs; the last was enrolled five days later."""
    age = None if days is None else timedelta(days=days)
    named = {INFOS[1].snapshot_id: 2, INFOS[5].snapshot_id: 1}
    now = NOW + timedelta(days=10)
    plan = what_goes(INFOS, INFOS[4].snapshot_id, named, keep, age, now)
    assert [int(info.snapshot_id, 16) for info in plan.gone] == gone
    assert len(plan.kept) + len(plan.gone) == len(INFOS)
    whys = {int(kept.info.snapshot_id, 16): kept.why for kept in plan.kept}
    assert (whys[1], whys[4]) == ("2 runs name it", "it is the current one")


def test_a_deleted_gallery_is_gone_with_a_receipt(home: Path) -> None:
    (home / "live" / "d-1" / "watchlist" / "galleries" / "custody").mkdir(parents=True)
    names = left(home)
    intention = new_intention("delete", "custody", STATED, snapshots=names)
    receipt, where = carry_out(home, intention, S3)
    assert not (home / "galleries" / "custody").exists()
    assert receipt.snapshots_gone == tuple(names)
    assert receipt.out_of_reach == ("deployment d-1 has a copy of its own until it ends",)
    assert Path(where).parent == home / "audit" / "receipts"


def killed(what: str, home: Path) -> list[tuple[Path, int]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.enrolment.killed", what, str(home)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    lines = [line.rsplit(" ", 1) for line in done.stdout.splitlines()]
    return [(Path(path), int(status)) for path, status in lines]


def test_killed_while_it_grows_the_old_one_stays(younger: Path) -> None:
    before = load_snapshot(younger, "custody").snapshot_id
    copies = killed("add", younger)
    after = load_snapshot(copies[-1][0], "custody").snapshot_id
    assert copies[-1][1] == 0
    assert len(copies) > 10
    for copy, _ in copies:
        assert load_snapshot(copy, "custody").snapshot_id in {before, after}
        grow(
            copy,
            people_of({"S8": 2}) if load_snapshot(copy, "custody").snapshot_id == before else [],
        )
        assert load_snapshot(copy, "custody").snapshot_id == after
        all_are_whole(copy)


@pytest.mark.long
@pytest.mark.parametrize("what", ["remove", "prune", "delete"])
def test_whatever_interrupts_it_the_next_call_ends_it(younger: Path, what: str) -> None:
    copies = killed(what, younger)
    assert copies[-1][1] == 0
    assert len(copies) > 10
    expected = sorted(left(copies[-1][0])) if what != "delete" else []
    for copy, status in copies:
        intended = [line["event"] for line in audit.entries(copy)]
        receipts = finish_intended(copy, S3)
        assert len(receipts) == (1 if "gallery.intended" in intended and status else 0) or (
            "gallery.done" in intended
        )
        if "gallery.intended" not in intended:
            assert traces(copy, OF_S2), "what is not on record was not begun"
            continue
        assert traces(copy, OF_S2) == []
        if what == "delete":
            assert not (copy / "galleries" / "custody").exists()
        else:
            assert sorted(left(copy)) == expected
            all_are_whole(copy)
        assert finish_intended(copy, S3) == []
        verify(copy)


def test_nothing_is_done_that_is_not_on_record(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    def full(*_: Any) -> None:
        raise StoreFull("the disk is full")

    before = left(home)
    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(StoreFull):
        remove(home, "S2")
    assert left(home) == before
