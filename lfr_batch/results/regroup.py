"""A run that was compacted: its row, and the run taken out of its group again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lfr_batch.results import layout
from lfr_batch.results.answers import rows_of
from lfr_batch.results.manifest import LakeManifest, RunGroup, ShownRun
from lfr_batch.results.manifest_log import read_manifest
from lfr_batch.results.remade import (
    Choice,
    Made,
    bring,
    make,
    make_group,
    making,
    opened,
    overtaken_if_gone,
    rows,
    until_still,
)
from lfr_batch.results.stored_run import StoredRun

_ITS = "run_id = $run_id"
_OTHERS = "run_id <> $run_id"


def compacted_row(run: StoredRun) -> dict[str, Any] | None:
    """The last row of a run that is in a group; None of any other."""
    held = until_still(run.store, lambda: _group_of(run, read_manifest(run.store)))
    return held[1] if held else None


class Regrouped(Exception):
    """A run was put into a group, and has a row that is later."""


def is_compacted(run: StoredRun, manifest: LakeManifest, row_path: str | None) -> bool:
    """Whether the manifest's groups have the run, as late as in the row of that path, or later.

    Raises Regrouped where they have it as it was before that row, and Overtaken.
    """
    held = _group_of(run, manifest)
    if held is not None and is_later(row_path, held[1]):
        raise Regrouped
    return held is not None


def is_later(row_path: str | None, compacted: Mapping[str, Any]) -> bool:
    """Whether a row was written after the one that was compacted."""
    order = compacted["epoch"] or layout.NO_EPOCH, compacted["revision"]
    return row_path is not None and layout.row_order(row_path) > order


def part_from_others(run: StoredRun) -> None:
    """Take a run out of its group, so that it can have new rows; nothing of one that is in none.

    Raises StoreUnreachable where others change its group all the time.
    """

    def attempt() -> None:
        held = _group_of(run, read_manifest(run.store))
        if held is not None:
            _part(run, *held)

    until_still(run.store, attempt)


def _group_of(run: StoredRun, manifest: LakeManifest) -> tuple[RunGroup, dict[str, Any]] | None:
    """The group that holds the run, and the run's row in it. Raises Overtaken."""
    choice = Choice(_ITS, values={"run_id": run.run_id})
    for group in manifest.groups_of(run.run_id):
        source = LakeManifest(groups=(group,))
        with overtaken_if_gone(run.store, source), opened(run.store, source) as connection:
            found = [row for table in rows(connection, "runs", choice) for row in rows_of(table)]
        if found:
            return group, found[0]
    return None


def _part(run: StoredRun, group: RunGroup, row: dict[str, Any]) -> None:
    source, values = LakeManifest(groups=(group,)), {"run_id": run.run_id}
    with overtaken_if_gone(run.store, source), making(run.store, source) as made:
        shown = _alone(run, source, made, row)
        others = make_group(run.store, source, made, group.month, Choice(_OTHERS, values=values))
        bring(run.store, made, source, (others,) if others else (), (shown,))


def _alone(run: StoredRun, source: LakeManifest, made: Made, row: dict[str, Any]) -> ShownRun:
    """The run's rows in parts of its own. None of them has the name of one that there was: that may
    be yet to leave its place."""
    epoch, token = row["epoch"] or layout.NO_EPOCH, secrets.token_hex(4)
    row_path = layout.run_file(run.run_id, epoch, row["revision"] + 1, row["status"])
    again = {"runs": f"SELECT * REPLACE (revision + 1 AS revision) FROM runs WHERE {_ITS}"}
    choice = Choice(_ITS, again, {"run_id": run.run_id})

    def place(dataset: str, number: int) -> str:
        if dataset == "runs":
            return row_path
        return layout.part(dataset, run.run_id, epoch, number, token)

    with opened(run.store, source) as connection:
        own, *others = make(run.store, connection, made, place, choice)
    published = layout.published_epochs([row_path]).get(run.run_id)
    month = source.groups[0].month
    alone = ShownRun(run.run_id, month, layout.is_final(row_path), own, published)
    return replace(alone, parts=tuple(others))
