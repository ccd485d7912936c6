from __future__ import annotations

from dataclasses import replace

import pytest

from lfr_batch.errors import ResultsError
from lfr_batch.results.shards import delete_shards, list_shards, read_shard, write_shard
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store

from .roots import on_both
from .synthetic import archive, sighting

OURS, THEIRS = "000002-0a0b0c0d", "000003-00000000"
PATH = f"_state/run_id=R/shards/{OURS}/f-gate-0000.parquet"
SEGMENT = archive().segments[0]
TWO = (
    sighting(SEGMENT, "S1", 1 / 3, 0.1, 2.7, 1),
    sighting(SEGMENT, "S2", 0.6, 5.0, 7.0, 2),
)
RECEIPT = replace(archive().outcomes[SEGMENT.segment_id], sightings=2, epoch=OURS)


def test_sightings_come_back_exactly_and_in_order(store: Store) -> None:
    write_shard(StoredRun(store, "R"), OURS, SEGMENT.segment_id, TWO[::-1])
    before = store.read(PATH)
    assert read_shard(StoredRun(store, "R"), RECEIPT) == TWO
    write_shard(StoredRun(store, "R"), OURS, SEGMENT.segment_id, TWO)
    assert store.read(PATH) == before
    assert list_shards(StoredRun(store, "R")) == {PATH}


def test_a_segment_without_sightings_leaves_no_file_even_after_one_with(store: Store) -> None:
    write_shard(StoredRun(store, "R"), OURS, SEGMENT.segment_id, ())
    assert store.list("") == ()
    write_shard(StoredRun(store, "R"), OURS, SEGMENT.segment_id, TWO[:1])
    write_shard(StoredRun(store, "R"), OURS, SEGMENT.segment_id, ())
    assert read_shard(StoredRun(store, "R"), replace(RECEIPT, sightings=0)) == ()
    assert store.list("") == ()


def test_a_shard_is_of_its_holder_alone(store: Store) -> None:
    write_shard(StoredRun(store, "R"), OURS, SEGMENT.segment_id, TWO)
    write_shard(StoredRun(store, "R"), THEIRS, SEGMENT.segment_id, TWO[:1])
    assert read_shard(StoredRun(store, "R"), RECEIPT) == TWO
    delete_shards(StoredRun(store, "R"), OURS)
    assert read_shard(StoredRun(store, "R"), replace(RECEIPT, sightings=1, epoch=THEIRS)) == TWO[:1]


@on_both
def test_a_shard_that_is_gone_is_never_an_empty_one(store: Store) -> None:
    said = f"{PATH} in .* is gone, in which 2 sightings were; `lfr resume R` searches that part"
    with pytest.raises(ResultsError, match=said):
        read_shard(StoredRun(store, "R"), RECEIPT)


@pytest.mark.parametrize("claimed", [1, 3])
def test_a_shard_holds_as_many_as_its_receipt_says(store: Store, claimed: int) -> None:
    write_shard(StoredRun(store, "R"), OURS, SEGMENT.segment_id, TWO)
    said = f"{PATH} in .* holds 2 sightings and its receipt says {claimed}; remove it, then"
    with pytest.raises(ResultsError, match=said):
        read_shard(StoredRun(store, "R"), replace(RECEIPT, sightings=claimed))


def test_all_shards_of_one_run_go_at_once(disk: Store) -> None:
    for run_id in ("R", "Q"):
        write_shard(StoredRun(disk, run_id), OURS, "s", TWO[:1])
    delete_shards(StoredRun(disk, "R"))
    assert list_shards(StoredRun(disk, "R")) == frozenset()
    assert list_shards(StoredRun(disk, "Q")) == {f"_state/run_id=Q/shards/{OURS}/s.parquet"}
