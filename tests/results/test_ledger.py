from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lfr_batch.errors import ResultsError, RunTakenOver
from lfr_batch.records import SegmentOutcome
from lfr_batch.results import ledger
from lfr_batch.results.ledger import Ledger, open_ledger, pending, read_outcomes
from lfr_batch.results.lock import lock_run
from lfr_batch.results.parts import write_part
from lfr_batch.results.rows import row_of
from lfr_batch.results.shards import read_shard
from lfr_batch.results.state_schemas import LEDGER
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store
from tests.holding import append_outcomes, publish_run

from .crash import crash_report
from .synthetic import RUN_ID, archive, searched_run, write_shards


def test_receipts_come_back_whole(store: Store) -> None:
    outcomes = archive().outcomes
    write_shards(store, "R")
    with lock_run(StoredRun(store, "R")) as hold:
        ledger = open_ledger(hold, ())
        ledger.append(list(outcomes.values())[:3])
        ledger.append([])
        ledger.append(list(outcomes.values())[3:])
    assert read_outcomes(StoredRun(store, "R")) == outcomes
    assert read_outcomes(StoredRun(store, "another")) == {}
    assert len(store.list("_state/run_id=R/ledger")) == 2


def test_the_latest_attempt_wins_whatever_the_order(disk: Store) -> None:
    first = archive().outcomes["f-gate-0000"]
    write_shards(disk, "R")
    second = replace(first, attempt=2, status="quarantined")
    third = replace(first, attempt=3, wall_s=9.0)
    for block in ([third], [first, second]):
        append_outcomes(disk, "R", block)
    assert read_outcomes(StoredRun(disk, "R")) == {first.segment_id: third}
    append_outcomes(disk, "R", [replace(third, wall_s=8.0)])
    assert read_outcomes(StoredRun(disk, "R"))[first.segment_id].wall_s == 8.0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "the other way round"])
def test_an_attempt_that_saw_nothing_takes_back_nothing(
    disk: Store, order: tuple[int, int]
) -> None:
    """`--retry-failed` of damaged footage that is gone by now must not lose who was seen in it."""
    seen = replace(archive().outcomes["f-gate-0000"], status="failed", error="is damaged")
    gone = replace(seen, attempt=2, sightings=0, frames_decoded=0, error="does not exist")
    write_shards(disk, "R")
    append_outcomes(disk, "R", [(seen, gone)[n] for n in order])
    assert seen.sightings > 0
    assert read_outcomes(StoredRun(disk, "R")) == {seen.segment_id: seen}
    disk.delete("_state/run_id=R/shards")
    assert read_outcomes(StoredRun(disk, "R")) == {seen.segment_id: gone}, (
        "or the run would never end"
    )


def test_a_kill_at_any_step_of_an_append_leaves_the_old_ledger_or_the_new() -> None:
    steps = crash_report("ledger")
    assert len(steps) == 4, "a claim, what is taken over, the block"
    assert {step["killed"] for step in steps[:-1]} == {True}
    assert {step["after_kill"] for step in steps} == {3, 8}
    assert {step["after_retry"] for step in steps} == {8}


def ledger_files(store: Store) -> list[str]:
    return [path.rsplit("/", 1)[-1] for path in store.list("_state/run_id=R/ledger")]


def test_blocks_are_merged_as_they_become_many(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "FAN", 3)
    first = archive().outcomes["f-phone-0000"]
    sizes = []
    with lock_run(StoredRun(store, "R")) as hold:
        ours = open_ledger(hold, ())
        for attempt in range(1, 15):
            outcome = replace(first, attempt=attempt, sightings=0, rejections={"blurred": attempt})
            ours.append([outcome])
            sizes.append(len(ledger_files(store)))
            assert read_outcomes(StoredRun(store, "R")) == {first.segment_id: outcome}
    assert sizes == [1, 2, 1, 2, 3, 2, 3, 4, 1, 2, 3, 2, 3, 4]


def test_of_equal_attempts_the_later_counts_also_when_they_are_merged(
    disk: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "FAN", 2)
    first = replace(archive().outcomes["f-phone-0000"], sightings=0)
    with lock_run(StoredRun(disk, "R")) as hold:
        ours = open_ledger(hold, ())
        for tenths in range(9):
            ours.append([replace(first, wall_s=tenths / 10)])
            assert read_outcomes(StoredRun(disk, "R"))[first.segment_id].wall_s == tenths / 10
    assert len(ledger_files(disk)) < 4


@pytest.mark.long
def test_a_kill_at_any_step_of_a_merge_loses_no_receipt() -> None:
    steps = crash_report("merge")
    assert len(steps) == 16, "6 things are written, then thrice one is merged of two, which go"
    assert {step["killed"] for step in steps[:-1]} == {True}
    seen = [tuple(step["after_kill"]) for step in steps]
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == ((8, 0.1), (8, 0.9))
    assert {tuple(step["after_retry"]) for step in steps} == {(8, 0.9)}


@dataclass(frozen=True, slots=True)
class BusyStore(LocalStore):
    """The holder appends a receipt, and so merges, before a block is read for the first time."""

    ledger: Ledger
    late: list[SegmentOutcome]

    def read(self, path: str) -> bytes:
        if "/ledger/" in path and self.late:
            self.ledger.append([self.late.pop()])
        return LocalStore.read(self, path)


def test_a_reader_is_not_disturbed_by_a_merge(disk: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "FAN", 2)
    outcomes = {k: replace(o, sightings=0) for k, o in archive().outcomes.items()}
    late = replace(outcomes["f-still-0000"], attempt=2)
    with lock_run(StoredRun(disk, "R")) as hold:
        ours = open_ledger(hold, ())
        ours.append(list(outcomes.values()))
        (before,) = ledger_files(disk)
        found = read_outcomes(StoredRun(BusyStore(Path(disk.uri), ours, [late]), "R"))
    assert before not in ledger_files(disk)
    assert found == {**outcomes, late.segment_id: late}


def test_a_ledger_begins_with_what_was_there_and_hears_no_more_of_it(store: Store) -> None:
    outcomes = [replace(o, sightings=0) for o in archive().outcomes.values()]
    with lock_run(StoredRun(store, "R")) as older:
        theirs = open_ledger(older, ())
        theirs.append(outcomes[:3])
    with lock_run(StoredRun(store, "R")) as newer:
        ours = open_ledger(newer, read_outcomes(StoredRun(store, "R")).values())
        ours.append(outcomes[3:4])
        theirs.inherit([replace(outcomes[0], attempt=9), *outcomes[4:]])
        with pytest.raises(RunTakenOver):
            theirs.append(outcomes[5:])
        assert list(read_outcomes(StoredRun(store, "R")).values()) == outcomes[:4]


@pytest.mark.parametrize("left", [0, 200])
def test_a_damaged_block_is_named_and_without_it_its_part_is_searched_again(
    disk: Store, left: int
) -> None:
    _, made = searched_run(disk)
    (block,) = disk.list(f"_state/run_id={RUN_ID}/ledger")
    disk.write_atomic(block, disk.read(block)[:left])
    with pytest.raises(ResultsError, match=rf"{block} in .* is damaged; remove it, then `lfr res"):
        read_outcomes(StoredRun(disk, RUN_ID))
    disk.delete(block)
    assert pending(made.segments, read_outcomes(StoredRun(disk, RUN_ID))) == list(made.segments)


@pytest.mark.parametrize("left", [0, 200])
def test_a_damaged_shard_is_named_and_without_it_its_segment_is_searched_again(
    disk: Store, left: int
) -> None:
    _, made = searched_run(disk)
    segment = made.segments[0]
    path = f"_state/run_id={RUN_ID}/shards/{segment.segment_id}.parquet"
    disk.write_atomic(path, disk.read(path)[:left])
    with pytest.raises(ResultsError, match=f"{path} in .* is damaged; remove it, then `lfr resume"):
        read_shard(StoredRun(disk, RUN_ID), made.outcomes[segment.segment_id])
    disk.delete(path)
    again = pending(made.segments, read_outcomes(StoredRun(disk, RUN_ID)), retry=())
    assert again == [segment]


def test_a_complete_run_needs_no_shards_until_its_row_is_lost(disk: Store) -> None:
    asked, made = searched_run(disk)
    publish_run(disk, asked, made.assets, made.segments, made.outcomes, made.sightings, "complete")
    assert read_outcomes(StoredRun(disk, RUN_ID)) == made.outcomes
    disk.delete(f"runs/run_id={RUN_ID}")
    again = pending(made.segments, read_outcomes(StoredRun(disk, RUN_ID)), retry=())
    assert {s.segment_id for s in again} == {s.segment_id for s in made.sightings}


def test_receipts_of_version_0_1_are_read(disk: Store) -> None:
    outcomes = {k: replace(o, sightings=0) for k, o in archive().outcomes.items()}
    schema = LEDGER.remove(LEDGER.get_field_index("epoch"))
    for name, some in (
        ("block-000000-1-0a1b2c3d", list(outcomes.values())[:5]),
        ("block-000001-0a1b2c3d", list(outcomes.values())[5:]),
    ):
        rows = [{k: v for k, v in row_of(o).items() if k != "epoch"} for o in some]
        write_part(disk, f"_state/run_id=R/ledger/{name}.parquet", rows, schema)
    assert read_outcomes(StoredRun(disk, "R")) == outcomes
