"""A run's own parts as its entry in the manifest: what makes it visible."""

from __future__ import annotations

from dataclasses import replace

from lfr_batch.results import layout
from lfr_batch.results.columns import SCHEMA_VERSION
from lfr_batch.results.manifest import LakeManifest, LakePart, ShownRun, with_run
from lfr_batch.results.manifest_log import commit, read_manifest
from lfr_batch.results.regroup import Regrouped, is_compacted, part_from_others
from lfr_batch.results.remade import until_still
from lfr_batch.results.schemas import PUBLISHED
from lfr_batch.results.stored_run import StoredRun


def show(run: StoredRun, month: str | None = None) -> None:
    """Show the run's last row, and the parts that its final one switches to, in one step.

    Doing it again changes nothing, nor does it of a run that was compacted: rows of before its
    last one are still where they were, and are not what it is. A run that was put into a group
    since it was last looked at is taken out again. ``month``: in which it was started; as its id
    says, or as is known. Raises StoreUnreachable.
    """
    while True:
        try:
            until_still(run.store, lambda: _show(run, month))
        except Regrouped:
            part_from_others(run)
        else:
            return


def _show(run: StoredRun, month: str | None) -> None:
    rows = run.store.sizes(run.directory("runs"))
    newest = layout.newest_row(rows)
    if newest is None:
        return
    epoch = layout.published_epochs(rows).get(run.run_id)
    parts = _parts(run, epoch) if epoch is not None else ()
    shown = ShownRun(
        run.run_id,
        month or layout.month_of(run.run_id),
        layout.is_final(newest),
        LakePart("runs", newest, rows[newest], SCHEMA_VERSION),
        epoch,
        parts,
    )

    def change(manifest: LakeManifest) -> LakeManifest:
        if is_compacted(run, manifest, newest):
            return manifest
        return with_run(manifest, _as_known(manifest, shown))

    commit(run.store, change)


def shown_epoch(run: StoredRun) -> str | None:
    """Whose parts of the run are read; None while none are. Of a run that was compacted its rows
    say it."""
    known = read_manifest(run.store).runs.get(run.run_id)
    return known.epoch if known else None


def _parts(run: StoredRun, epoch: str) -> tuple[LakePart, ...]:
    return tuple(
        LakePart(dataset, path, size, SCHEMA_VERSION)
        for dataset in PUBLISHED
        for path, size in run.store.sizes(run.directory(dataset)).items()
        if path.endswith(".parquet") and layout.epoch_of(path) == epoch
    )


def _as_known(manifest: LakeManifest, shown: ShownRun) -> ShownRun:
    """What the manifest has said of the same files stays: some are of before."""
    known = manifest.runs.get(shown.run_id)
    if known is None:
        return shown
    if known.aside and known.row.path == shown.row.path:
        return known
    row = known.row if known.row.path == shown.row.path else shown.row
    parts = known.parts if known.epoch == shown.epoch else shown.parts
    return replace(shown, row=row, parts=parts, month=known.month)
