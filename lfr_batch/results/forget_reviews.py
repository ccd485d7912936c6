"""What was decided about sightings that are forgotten goes with them."""

from __future__ import annotations

from collections.abc import Iterator

from lfr_batch.results import layout
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.manifest_log import read_manifest
from lfr_batch.results.parts import iterate_part
from lfr_batch.results.remade import opened
from lfr_batch.storage.store import Store

_WAY_OUT = "restore it from a copy, or remove it, and give the command again"


def forget_reviews(store: Store, forgetting: Forgetting) -> None:
    """Once the rows are gone: doing it again, or after a kill, ends in the same state.

    Of a run all go; else those whose sighting is not in its run any more, and of a subject those of
    a sighting that somebody compared with them. Raises StoreUnreachable, ResultsError for a review
    that is damaged.
    """
    if forgetting.what == "run":
        for run_id in forgetting.runs:
            store.delete(layout.run_directory("reviews", run_id))
        return
    for run_id in map(layout.run_id_in, store.folders("reviews")):
        for path in _gone(store, run_id, forgetting):
            store.delete(path)


def _gone(store: Store, run_id: str, forgetting: Forgetting) -> Iterator[str]:
    paths = [
        path
        for path in store.list(layout.run_directory("reviews", run_id))
        if layout.is_of_sighting(path)
    ]
    there = _sightings(store, run_id, forgetting) if paths else None
    if there is None:
        return
    rows = {path: next(iterate_part(store, path, _WAY_OUT)) for path in paths}
    compared = {
        row["sighting_id"]
        for row in rows.values()
        if forgetting.what == "subject" and row["subject_id"] == forgetting.value
    }
    for path, row in rows.items():
        if row["sighting_id"] not in there or row["sighting_id"] in compared:
            yield path


def _sightings(store: Store, run_id: str, forgetting: Forgetting) -> frozenset[str] | None:
    """Of a run as it is now, or would be if it were put back; None where there is no such run, or
    it is of another gallery."""
    with opened(store, read_manifest(store).about(run_id).unveiled) as lake:
        run = lake.execute("SELECT gallery FROM runs WHERE run_id = $1", [run_id]).fetchone()
        if run is None or forgetting.gallery not in (None, run[0]):
            return None
        found = lake.execute("SELECT sighting_id FROM sightings WHERE run_id = $1", [run_id])
        return frozenset(sighting_id for (sighting_id,) in found.fetchall())
