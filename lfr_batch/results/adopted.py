"""A lake without a manifest, as versions before 0.3.0 left it: what it would say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from lfr_batch.results import layout
from lfr_batch.results.manifest import LakeManifest, LakePart, ShownRun
from lfr_batch.results.migrations import OLDEST
from lfr_batch.results.schemas import PUBLISHED
from lfr_batch.storage.store import Store


def adopted(store: Store) -> LakeManifest:
    """By the names of its files alone: of each run the last row, and the parts that its final row
    switched to; rows of before that one are to leave. All is of before: who writes as this version
    does has begun a manifest first."""
    rows = _by_run(store.sizes("runs"))
    parts: dict[str, dict[str, dict[str, int]]] = {
        dataset: _by_run(store.sizes(dataset)) for dataset in PUBLISHED
    }
    found = (
        _shown(run_id, of_run, {dataset: parts[dataset].get(run_id, {}) for dataset in PUBLISHED})
        for run_id, of_run in rows.items()
    )
    runs = {shown.run_id: shown for shown in found if shown}
    older = (
        path
        for run_id, shown in runs.items()
        for path in filter(layout.run_file_parts, rows[run_id])
        if path != shown.row.path
    )
    return LakeManifest(runs=runs, retiring=tuple(older))


def _by_run(files: Mapping[str, int]) -> dict[str, dict[str, int]]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for path, size in files.items():
        run_id = layout.run_id_of(path)
        if run_id and path.endswith(".parquet"):
            found[run_id][path] = size
    return found


def _shown(
    run_id: str, rows: Mapping[str, int], parts: Mapping[str, Mapping[str, int]]
) -> ShownRun | None:
    newest = layout.newest_row(rows)
    if newest is None:
        return None
    epoch = layout.published_epochs(rows).get(run_id)
    published = (
        LakePart(dataset, path, size, OLDEST)
        for dataset, files in parts.items()
        for path, size in files.items()
        if epoch is not None and layout.epoch_of(path) == epoch
    )
    return ShownRun(
        run_id,
        layout.month_of(run_id),
        layout.is_final(newest),
        LakePart("runs", newest, rows[newest], OLDEST),
        epoch,
        tuple(published),
    )
