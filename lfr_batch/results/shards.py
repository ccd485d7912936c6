"""A worker's sightings of one segment, kept until the run is published.

One file per segment that has sightings, none for the others, so whatever lies here is of matched
faces. Its bytes follow from its content: a segment searched twice leaves the same file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from lfr_batch.records import Sighting
from lfr_batch.results import layout
from lfr_batch.results.damage import search_again
from lfr_batch.results.parts import read_part, table_bytes
from lfr_batch.results.rows import row_of, sighting_of
from lfr_batch.results.schemas import SHARD
from lfr_batch.results.store import Store


def write_shard(store: Store, run_id: str, segment_id: str, sightings: Sequence[Sighting]) -> None:
    """Write the segment's shard, or remove an old one if there are no sightings now."""
    path = layout.shard(run_id, segment_id)
    if not sightings:
        store.delete(path)
        return
    ordered = sorted(sightings, key=lambda s: (s.start_ns, s.sighting_id))
    store.write_atomic(path, table_bytes([row_of(s) for s in ordered], SHARD))


def read_shard(store: Store, run_id: str, segment_id: str) -> tuple[Sighting, ...]:
    """The segment's sightings by time; none where it has no shard.

    Raises ResultsError for a damaged shard.
    """
    path = layout.shard(run_id, segment_id)
    try:
        rows = read_part(store, path, search_again(path))
    except FileNotFoundError:
        return ()
    return tuple(map(sighting_of, rows))


def list_shards(store: Store, run_id: str) -> frozenset[str]:
    """Ids of the segments that have a shard."""
    return frozenset(PurePosixPath(p).stem for p in store.list(layout.state(run_id, "shards")))


def delete_shards(store: Store, run_id: str) -> None:
    store.delete(layout.state(run_id, "shards"))
