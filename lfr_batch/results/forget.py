"""What is to be forgotten is taken out of every file of the lake.

The parts that hold any of it are made anew without it, and one manifest switches to all of those:
whoever reads meanwhile has the answer of before or that of after. Then the old ones are destroyed,
not kept for a while as after a compaction. A run that something was taken out of cannot be resumed:
it would come back. Doing it again, or after it was killed half-way, ends in the same state.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

import duckdb

from lfr_batch.errors import RunNotFound
from lfr_batch.results import layout
from lfr_batch.results.fit import require_fit
from lfr_batch.results.forget_reviews import forget_reviews
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.lake import write_views
from lfr_batch.results.lake_version import lake_version
from lfr_batch.results.ledger import forget_uri
from lfr_batch.results.lock import lock_run
from lfr_batch.results.manifest import LakeManifest, ShownRun
from lfr_batch.results.manifest_log import read_manifest
from lfr_batch.results.parts import iterate_part
from lfr_batch.results.remade import (
    REMADE,
    Choice,
    Made,
    bring,
    make,
    make_group,
    making,
    opened,
    overtaken_if_gone,
    until_still,
)
from lfr_batch.results.retire import destroy, sweep_unnamed
from lfr_batch.results.run_state import (
    delete_request,
    drop_footage,
    load_run,
    read_catalogue,
    read_listing,
)
from lfr_batch.results.shards import delete_shards, list_shards, runs_with_shards
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store

_MEND = "restore it from a copy, or remove it: `lfr resume` searches that part again"
_WHOLE = "SELECT run_id FROM runs WHERE starts_with(status, 'complete')"
"""Runs whose catalogue is in the lake as it is in their state."""


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

    Raises ResultsError for a part that is damaged or does not fit, by name: what is to be forgotten
    may be in it.
    """
    require_fit(store, read_manifest(store).parts())
    return until_still(store, lambda: _count(store, forgetting))


def _count(store: Store, forgetting: Forgetting) -> Affected:
    manifest = read_manifest(store)
    with overtaken_if_gone(store, manifest), opened(store, manifest) as lake:
        rows = {name: _rows_of(lake, forgetting, name) for name in REMADE}
        return Affected(_affected(store, lake, forgetting), rows)


def _rows_of(lake: duckdb.DuckDBPyConnection, forgetting: Forgetting, dataset: str) -> int:
    gone = forgetting.gone(dataset)
    return int(_asked(lake, forgetting, f"SELECT count(*)::VARCHAR FROM ({gone})")[0])


def _asked(lake: duckdb.DuckDBPyConnection, forgetting: Forgetting, sql: str) -> list[str]:
    return [str(found) for (found,) in lake.sql(sql, params=forgetting.given(sql)).fetchall()]


def _affected(
    store: Store, lake: duckdb.DuckDBPyConnection, forgetting: Forgetting
) -> tuple[str, ...]:
    shown = _asked(lake, forgetting, forgetting.affected)
    return tuple(sorted({*shown, *_unpublished(store, lake, forgetting)}))


def _unpublished(
    store: Store, lake: duckdb.DuckDBPyConnection, forgetting: Forgetting
) -> Iterator[str]:
    """Runs in whose state alone something of it may be: they could be resumed."""
    match forgetting.what:
        case "run":
            yield from (each for each in forgetting.runs if store.list(layout.state(each)))
        case "subject":
            runs = runs_with_shards(store)
            yield from (run.run_id for run in runs if _in_shards(run, forgetting))
        case "footage":
            whole = {*_asked(lake, forgetting, _WHOLE)}
            for run_id in map(layout.run_id_in, store.folders("_state")):
                if run_id not in whole and _in_plan(StoredRun(store, run_id), forgetting.value):
                    yield run_id


def _in_shards(run: StoredRun, forgetting: Forgetting) -> bool:
    if forgetting.gallery not in (None, _gallery_of(run)):
        return False
    rows = (row for path in list_shards(run) for row in iterate_part(run.store, path, _MEND))
    return any(
        candidate["subject_id"] == forgetting.value
        for row in rows
        for candidate in row["candidates"]
    )


def _gallery_of(run: StoredRun) -> str | None:
    try:
        return load_run(run).gallery
    except RunNotFound:
        return None


def _in_plan(run: StoredRun, uri: str) -> bool:
    """Of a run that is not whole: in what its inputs named, or what was found of it."""
    with suppress(FileNotFoundError):
        if any(asset.uri == uri for asset in read_catalogue(run)):
            return True
    with suppress(RunNotFound, FileNotFoundError):
        request = load_run(run)
        listed = read_listing(run, request.listing) if request.listing else ()
        return uri in request.inputs or any(entry.uri == uri for entry in listed)
    return False


def forget(store: Store, forgetting: Forgetting) -> Affected:
    """Take it out of all that the lake holds. What was taken comes back.

    Raises RunBusy for a run that somebody works on, and then all is as it was; StoreUnreachable,
    StoreFull, ResultsError for a part that is damaged.
    """
    if lake_version(store) is None:
        return Affected((), {})
    write_views(store)
    found = count(store, forgetting)
    with ExitStack() as held:
        for run_id in found.runs:
            held.enter_context(lock_run(StoredRun(store, run_id)))
        for run_id in found.runs:
            close_run(StoredRun(store, run_id), forgetting)
        until_still(store, lambda: _remake(store, forgetting))
        sweep_unnamed(store, REMADE, found.runs)
        forget_reviews(store, forgetting)
    if forgetting.what == "run":
        for run_id in forgetting.runs:
            for dataset in REMADE:
                store.delete(layout.run_directory(dataset, run_id))
            store.delete(layout.state(run_id))
    destroy(store)
    return found


def _remake(store: Store, forgetting: Forgetting) -> None:
    """All that has anything of it, at once."""
    manifest = read_manifest(store)
    with overtaken_if_gone(store, manifest):
        _remake_of(store, _holding(store, manifest, forgetting), forgetting)


def _remake_of(store: Store, source: LakeManifest, forgetting: Forgetting) -> None:
    if not source.runs and not source.groups:
        return
    stay = () if forgetting.what == "run" else tuple(source.runs.values())
    with making(store, source) as made:
        groups = [
            make_group(
                store, LakeManifest(groups=(g,)), made, g.month, _choice(forgetting), f"-{n}"
            )
            for n, g in enumerate(source.groups)
        ]
        runs = [_remade_run(store, run, forgetting, made) for run in stay]
        bring(store, made, source, [group for group in groups if group], runs, leave=destroy)


def _holding(store: Store, manifest: LakeManifest, forgetting: Forgetting) -> LakeManifest:
    """The runs and groups of a manifest that have anything of it."""
    with opened(store, manifest) as lake:
        shown = _asked(lake, forgetting, forgetting.affected)
    runs = {run_id: manifest.runs[run_id] for run_id in shown if run_id in manifest.runs}
    grouped = [run_id for run_id in shown if run_id not in runs]
    groups = (group for group in manifest.groups if any(map(group.may_hold, grouped)))
    return LakeManifest(runs=runs, groups=tuple(groups))


def _remade_run(store: Store, run: ShownRun, forgetting: Forgetting, made: Made) -> ShownRun:
    token, epoch = secrets.token_hex(4), run.epoch or layout.NO_EPOCH
    new_row = layout.next_row(run.row.path)

    def place(dataset: str, number: int) -> str:
        if dataset == "runs":
            return new_row
        return layout.part(dataset, run.run_id, epoch, number, token)

    with opened(store, LakeManifest(runs={run.run_id: run})) as lake:
        parts = make(store, lake, made, place, _choice(forgetting))
    row = next(part for part in parts if part.dataset == "runs")
    return replace(run, row=row, parts=tuple(part for part in parts if part.dataset != "runs"))


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
        forget_uri(run, forgetting.value)
    run.store.write_atomic(run.state(layout.FORGOTTEN), json.dumps(forgetting.note).encode())
