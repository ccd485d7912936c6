"""Finished runs are put together, month by month: few sorted files in place of many small ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.results import layout
from lfr_batch.results.compaction import Batch, batches, pays
from lfr_batch.results.lake import write_views
from lfr_batch.results.lake_version import check_lake, lake_version
from lfr_batch.results.manifest import LakeManifest
from lfr_batch.results.manifest_log import read_manifest
from lfr_batch.results.remade import Overtaken, bring, make_group, making, overtaken_if_gone
from lfr_batch.results.retire import retire
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.locks import open_lock, try_lock
from lfr_batch.storage.store import Store

_LOCK = f"{layout.LAKE}/.compacting"


@dataclass(frozen=True, slots=True)
class Compacted:
    """What was done."""

    runs: int
    """That were put together."""
    groups: int
    """That there are now."""
    files_before: int
    files: int
    """That are read of the lake."""
    busy: bool = False
    """Another process is at it, or was quicker with something."""


def compact(
    store: Store, everything: bool = True, tell: Callable[[str], None] = lambda _: None
) -> Compacted:
    """Put together what can be, and let old files leave. ``everything``: also where it is little.

    Rows stay what they are. Readers go on; so do runs. Raises StoreFull, StoreUnreachable,
    ResultsTooNew, and ResultsError for a part that is damaged or is not what its version writes, by
    name: then nothing of its month has changed.
    """
    check_lake(store)
    if lake_version(store) is None:
        return Compacted(0, 0, 0, 0)
    with _alone(store) as alone:
        if not alone:
            return _said(read_manifest(store), read_manifest(store), 0, busy=True)
        return _compact(store, everything, tell)


def compact_if_it_pays(store: Store) -> Compacted | None:
    """As ``compact``, after a run; None where there is too little to be put together."""
    return compact(store, everything=False) if pays(read_manifest(store)) else None


def _compact(store: Store, everything: bool, tell: Callable[[str], None]) -> Compacted:
    write_views(store)
    retire(store)
    before, done, busy = read_manifest(store), 0, False
    for batch in batches(before, everything):
        tell(f"{batch.month}: {len(batch.runs)} runs, {batch.source_bytes / 1e6:.0f} MB")
        try:
            _put_together(store, batch)
            done += len(batch.runs)
        except Overtaken:
            busy = True
    return _said(before, read_manifest(store), done, busy)


def _put_together(store: Store, batch: Batch) -> None:
    with overtaken_if_gone(store, batch.source), making(store, batch.source) as made:
        group = make_group(store, batch.source, made, batch.month)
        bring(store, made, batch.source, (group,) if group else ())


def _said(before: LakeManifest, after: LakeManifest, runs: int, busy: bool) -> Compacted:
    files = len(list(before.parts())), len(list(after.parts()))
    return Compacted(runs, len(after.groups), *files, busy)


@contextmanager
def _alone(store: Store) -> Iterator[bool]:
    """Two at once would do the same work, and one of them in vain; in a bucket nobody can tell."""
    if not isinstance(store, LocalStore):
        yield True
        return
    with open_lock(Path(store.uri) / _LOCK) as file:
        yield try_lock(file)
