"""A worker's sightings of one segment, kept until the run is published.

One file per segment that has sightings, none for the others, so whatever lies here is of matched
faces. Its bytes follow from its content: a segment searched twice leaves the same file. It lies
under the epoch of the holder whose worker it was, which the segment's receipt names.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from lfr_batch.errors import ResultsError
from lfr_batch.records import SegmentOutcome, Sighting
from lfr_batch.results import layout
from lfr_batch.results.damage import search_again
from lfr_batch.results.parts import read_part, table_bytes
from lfr_batch.results.rows import row_of, sighting_of
from lfr_batch.results.state_schemas import SHARD
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store


def prepare() -> None:
    """Do now what the first sighting needs: pyarrow's first array of Python values imports pandas,
    which takes a fifth of a second."""
    pa.array([None])


def write_shard(run: StoredRun, epoch: str, segment_id: str, sightings: Sequence[Sighting]) -> None:
    """Write the segment's shard, or remove an old one if there are no sightings now."""
    path = layout.shard(run.run_id, epoch, segment_id)
    if not sightings:
        run.store.delete(path)
        return
    ordered = sorted(sightings, key=lambda s: (s.start_ns, s.sighting_id))
    run.store.write_atomic(path, table_bytes([row_of(s) for s in ordered], SHARD))


def read_shard(run: StoredRun, receipt: SegmentOutcome) -> tuple[Sighting, ...]:
    """The sightings that a receipt claims, by time.

    Raises ResultsError for a shard that is damaged, is gone, or does not hold as many.
    """
    if not receipt.sightings:
        return ()
    path = shard_of(run.run_id, receipt)
    try:
        rows = read_part(run.store, path, search_again(path))
    except FileNotFoundError:
        raise ResultsError(
            f"{path} in {run.store.uri} is gone, in which {receipt.sightings} sightings were; "
            f"`lfr resume {run.run_id}` searches that part again"
        ) from None
    if len(rows) != receipt.sightings:
        raise ResultsError(
            f"{path} in {run.store.uri} holds {len(rows)} sightings and its receipt says "
            f"{receipt.sightings}; {search_again(path)}"
        )
    return tuple(map(sighting_of, rows))


def shard_of(run_id: str, receipt: SegmentOutcome) -> str:
    return layout.shard(run_id, receipt.epoch, receipt.segment_id)


def list_shards(run: StoredRun) -> frozenset[str]:
    """Paths of all the run's shards, whosever they are."""
    return frozenset(run.store.list(run.state("shards")))


def runs_with_shards(store: Store) -> tuple[StoredRun, ...]:
    """Runs that have any: the unfinished, and those with failures. A bucket is listed once."""
    if isinstance(store, S3Store):
        found = {layout.run_id_of(path) for path in store.list("_state") if "/shards/" in path}
    else:
        folders = store.folders("_state")
        found = {layout.run_id_in(f) for f in folders if store.exists(f"_state/{f}/shards")}
    return tuple(StoredRun(store, run_id) for run_id in sorted(filter(None, found)))


def delete_shards(run: StoredRun, epoch: str | None = None) -> None:
    """All of the run, or those of one epoch."""
    run.store.delete(run.state("shards", *filter(None, (epoch,))))
