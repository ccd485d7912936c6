"""What is to be forgotten is taken out of every file of the lake.

The parts that hold any of it are made anew without it and the manifest switches to those; then the
old ones are destroyed, not kept for a while as after a compaction. A run that something was taken
out of cannot be resumed: it would come back. Doing it again, or after it was killed half-way, ends
in the same state.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

from lfr_batch.errors import StoreUnreachable
from lfr_batch.records import FootageAsset
from lfr_batch.results import layout
from lfr_batch.results.fit import require_fit
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.lake import write_views
from lfr_batch.results.lock import lock_run
from lfr_batch.results.manifest import LakeManifest, RunGroup, ShownRun, without_run
from lfr_batch.results.manifest_log import commit, read_manifest
from lfr_batch.results.parts import iterate_part
from lfr_batch.results.remade import (
    REMADE,
    Choice,
    Overtaken,
    bring,
    make,
    make_group,
    making,
    opened,
)
from lfr_batch.results.retire import destroy
from lfr_batch.results.run_state import delete_request, drop_footage, read_catalogue
from lfr_batch.results.shards import delete_shards, list_shards
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store

_TRIES = 20
_MEND = "restore it from a copy, or remove it: `lfr resume` searches that part again"


@dataclass(frozen=True, slots=True)
class Affected:
    """What a forgetting would take, or has taken."""

    runs: tuple[str, ...]
    """That have anything of it."""
    rows: Mapping[str, int]
    """By dataset."""

    @property
    def nothing(self) -> bool:
        return not self.runs and not any(self.rows.values())


def count(store: Store, forgetting: Forgetting) -> Affected:
    """Look, and change nothing.

    Raises ResultsError for a part that does not fit, by name: what is to be forgotten may be in it.
    """
    require_fit(store, read_manifest(store).parts())
    return _count(store, forgetting)


def _count(store: Store, forgetting: Forgetting) -> Affected:
    with opened(store, read_manifest(store)) as lake:

        def asked(sql: str) -> list[tuple[object, ...]]:
            values = {n: v for n, v in forgetting.values.items() if f"${n}" in sql}
            return lake.sql(sql, params=values or None).fetchall()

        rows = {
            name: int(str(asked(f"SELECT count(*) FROM ({forgetting.gone(name)})")[0][0]))
            for name in REMADE
        }
        runs = {str(run_id) for (run_id,) in asked(forgetting.affected(REMADE))}
    return Affected(tuple(sorted(runs.union(_unpublished(store, forgetting)))), rows)


def _unpublished(store: Store, forgetting: Forgetting) -> Iterator[str]:
    """Runs whose state alone may hold something of it: they can be resumed."""
    for name in store.folders("_state"):
        run = StoredRun(store, layout.run_id_of(f"_state/{name}") or "")
        if _in_state(run, forgetting):
            yield run.run_id


def _in_state(run: StoredRun, forgetting: Forgetting) -> bool:
    if forgetting.what == "run":
        return run.run_id == forgetting.value
    if forgetting.what == "footage":
        return any(asset.uri == forgetting.value for asset in _catalogue(run))
    rows = (row for path in list_shards(run) for row in iterate_part(run.store, path, _MEND))
    return any(
        candidate["subject_id"] == forgetting.value
        for row in rows
        for candidate in row["candidates"]
    )


def _catalogue(run: StoredRun) -> tuple[FootageAsset, ...]:
    try:
        return read_catalogue(run)
    except FileNotFoundError:
        return ()


def forget(store: Store, forgetting: Forgetting) -> Affected:
    """Take it out of all that the lake holds. What was taken comes back.

    Raises RunBusy for a run that somebody works on, and then this one and those that follow are as
    they were; StoreUnreachable, StoreFull.
    """
    write_views(store)
    found = count(store, forgetting)
    with ExitStack() as held:
        for run_id in found.runs:
            held.enter_context(lock_run(StoredRun(store, run_id)))
        for run_id in found.runs:
            close_run(StoredRun(store, run_id), forgetting)
        for _ in range(_TRIES):
            try:
                _remake(store, forgetting)
                break
            except Overtaken:
                continue
        else:
            raise StoreUnreachable(
                f"{store.uri} changes all the time: let others come to their end, then try again"
            )
    if forgetting.what == "run":
        for dataset in REMADE:
            store.delete(layout.run_directory(dataset, forgetting.value))
        store.delete(layout.state(forgetting.value))
    destroy(store)
    return found


def _remake(store: Store, forgetting: Forgetting) -> None:
    """Owner by owner; each is as it was, or without what is to be forgotten."""
    manifest = read_manifest(store)
    affected = _count(store, forgetting).runs
    for run_id in affected:
        if run_id in manifest.runs:
            _remake_run(store, manifest.runs[run_id], forgetting)
    for group in manifest.groups:
        if any(group.may_hold(run_id) for run_id in affected if run_id not in manifest.runs):
            _remake_group(store, group, forgetting)
    destroy(store)


def _remake_group(store: Store, group: RunGroup, forgetting: Forgetting) -> None:
    source = LakeManifest(groups=(group,))
    with making(store, source) as made:
        new = make_group(store, source, made, group.month, _choice(forgetting))
        bring(store, made, source, (new,) if new else (), leave=destroy)


def _remake_run(store: Store, run: ShownRun, forgetting: Forgetting) -> None:
    source = LakeManifest(runs={run.run_id: run})
    if forgetting.what == "run":
        commit(store, lambda manifest: without_run(manifest, run.run_id))
        return
    token, epoch = secrets.token_hex(4), run.epoch or layout.NO_EPOCH
    new_row = layout.next_row(run.row.path)

    def place(dataset: str, number: int) -> str:
        if dataset == "runs":
            return new_row
        return layout.part(dataset, run.run_id, epoch, number, token)

    with making(store, source) as made:
        with opened(store, source) as lake:
            parts = make(store, lake, made, place, _choice(forgetting))
        row = next(part for part in parts if part.dataset == "runs")
        others = tuple(part for part in parts if part.dataset != "runs")
        new = replace(run, row=row, parts=others)
        bring(store, made, source, runs=(new,), leave=destroy)
    for path in store.list(layout.run_directory("runs", run.run_id)):
        if path != new_row:
            store.delete(path)


def _choice(forgetting: Forgetting) -> Choice:
    queries = {dataset: forgetting.kept(dataset) for dataset in REMADE}
    return Choice(queries=queries, values=forgetting.values)


def close_run(run: StoredRun, forgetting: Forgetting) -> None:
    """What a run would be resumed with goes, and that it cannot be is said from then on."""
    delete_shards(run)
    if forgetting.what == "run":
        delete_request(run)
        return
    if forgetting.what == "footage":
        drop_footage(run, forgetting.value)
    run.store.write_atomic(run.state(layout.FORGOTTEN), json.dumps(forgetting.note).encode())
