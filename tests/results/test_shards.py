from __future__ import annotations

from lfr_batch.results.shards import delete_shards, list_shards, read_shard, write_shard
from lfr_batch.results.store import Store

from .synthetic import archive, sighting

PATH = "_state/run_id=R/shards/f-gate-0000.parquet"


def test_sightings_come_back_exactly_and_in_order(store: Store) -> None:
    segment = archive().segments[0]
    two = (
        sighting(segment, "S1", 1 / 3, 0.1, 2.7, 1),
        sighting(segment, "S2", 0.6, 5.0, 7.0, 2),
    )
    write_shard(store, "R", segment.segment_id, two[::-1])
    before = store.read(PATH)
    assert read_shard(store, "R", segment.segment_id) == two
    write_shard(store, "R", segment.segment_id, two)
    assert store.read(PATH) == before
    assert list_shards(store, "R") == {segment.segment_id}


def test_a_segment_without_sightings_leaves_no_file_even_after_one_with(store: Store) -> None:
    segment = archive().segments[0]
    write_shard(store, "R", segment.segment_id, ())
    assert store.list("") == ()
    write_shard(store, "R", segment.segment_id, (sighting(segment, "S1", 0.5, 0, 1, 1),))
    write_shard(store, "R", segment.segment_id, ())
    assert read_shard(store, "R", segment.segment_id) == ()
    assert store.list("") == ()


def test_all_shards_of_one_run_go_at_once(disk: Store) -> None:
    segment = archive().segments[0]
    for run_id in ("R", "Q"):
        write_shard(disk, run_id, "s", (sighting(segment, "S1", 0.5, 0, 1, 1),))
    delete_shards(disk, "R")
    assert list_shards(disk, "R") == frozenset()
    assert list_shards(disk, "Q") == {"s"}
