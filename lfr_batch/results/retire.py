"""Files that the manifest does not name any more leave their places, and after a while they go.

Whoever reads the lake by globs finds in its folders what counts and nothing else, but for the
moment between the switch and this. The manifest itself says what is yet to leave, so that the next
who comes by does it for one who was killed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lfr_batch.results import layout
from lfr_batch.results.manifest import LakeManifest
from lfr_batch.results.manifest_log import commit, read_manifest
from lfr_batch.storage.store import Store

GRACE = timedelta(hours=1)
"""How long what has left its place is kept, for readers that have it open, and for whoever finds
that something is wrong."""
_STAMP = "%Y%m%dT%H%M%S"


def retire(store: Store, now: datetime | None = None) -> None:
    """What is to leave its place leaves it, and what left it ``GRACE`` ago goes."""
    at = now or datetime.now(UTC)
    leaving = read_manifest(store).retiring
    for path in leaving:
        store.move(path, f"{layout.RETIRED}/{at:{_STAMP}}/{path}")
    if leaving:
        commit(store, lambda manifest: _without(manifest, frozenset(leaving)))
    sweep(store, at)


def sweep(store: Store, now: datetime, grace: timedelta = GRACE) -> None:
    """Parts that left their places long enough ago, or were being made when somebody was killed."""
    for folder in (layout.RETIRED, layout.BUILDING):
        for name in store.folders(folder):
            if _made_at(name) + grace < now:
                store.delete(f"{folder}/{name}")


def destroy(store: Store) -> None:
    """As ``retire``, of what is to be forgotten: nothing of it stays anywhere in the lake."""
    leaving = read_manifest(store).retiring
    for path in leaving:
        store.delete(path)
    if leaving:
        commit(store, lambda manifest: _without(manifest, frozenset(leaving)))
    for folder in (layout.RETIRED, layout.BUILDING):
        store.delete(folder)


def sweep_unnamed(
    store: Store, datasets: Iterable[str], run_ids: Iterable[str], now: datetime | None = None
) -> None:
    """Parts in the folders of the lake that its manifest does not name: what a killed compaction
    left, and what runs left that are held by whoever calls this."""
    manifest, at = read_manifest(store), now or datetime.now(UTC)
    if not manifest.number:
        return
    named = manifest.paths.union(manifest.retiring)
    runs = tuple(run_ids)
    aside = (path for path in store.list(layout.WITHHELD) if layout.run_id_of(path) in runs)
    for path in set(aside) - named:
        store.delete(path)
    for dataset in datasets:
        places = [layout.run_directory(dataset, run_id) for run_id in runs]
        found = {path for place in places for path in store.list(place)}
        for month in store.folders(dataset):
            if month.startswith("month="):
                found.update(path for path in store.list(f"{dataset}/{month}") if _is_old(path, at))
        for path in found - named:
            store.delete(path)


def _is_old(path: str, now: datetime) -> bool:
    """Of a group's part, whose name begins with when it was made: nobody is about to name it."""
    return _made_at(path.rpartition("/")[2]) + GRACE < now


def _without(manifest: LakeManifest, left: frozenset[str]) -> LakeManifest:
    still = tuple(path for path in manifest.retiring if path not in left)
    return replace(manifest, retiring=still)


def _made_at(name: str) -> datetime:
    try:
        return datetime.strptime(name[:15], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC) - GRACE
