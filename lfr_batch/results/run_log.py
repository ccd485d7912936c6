"""The ``runs`` dataset: rows are only ever added, the last of a run is what it is now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

from lfr_batch.models.settled import as_json, in_words
from lfr_batch.results import layout
from lfr_batch.results.damage import publish_again
from lfr_batch.results.hold import Hold
from lfr_batch.results.lake import write_views
from lfr_batch.results.marking import mark_lake
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import read_part, write_part
from lfr_batch.results.regroup import compacted_row, is_later, part_from_others
from lfr_batch.results.run_schemas import RUNS
from lfr_batch.results.run_state import RunRequest
from lfr_batch.results.showing import show
from lfr_batch.results.stored_run import StoredRun

RunStatus = Literal[
    "planning",
    "running",
    "complete",
    "complete_partly",
    "complete_with_failures",
    "failed",
    "cancelled",
    "withheld",
]
DONE: frozenset[str] = frozenset({"complete", "complete_partly"})
"""There is nothing left that `lfr resume` could do."""

WITHHELD: RunStatus = "withheld"
"""Nobody may read it for now."""

UNDER_WAY: frozenset[str] = frozenset({"planning", "running"})
"""Somebody works on it, or did until it was killed."""

EXIT_CODES: Mapping[str, int | None] = MappingProxyType(
    {
        "planning": None,
        "running": None,
        "complete": 0,
        "complete_partly": 3,
        "complete_with_failures": 3,
        "failed": 1,
        "cancelled": 130,
        "withheld": 3,
    }
)


@dataclass(frozen=True, slots=True)
class RunEntry:
    """What a row of ``runs`` says besides what was asked for."""

    status: RunStatus
    totals: Mapping[str, Any] = field(default_factory=dict)
    """The counting columns (``rollup.run_totals``)."""
    error: str | None = None
    at: datetime | None = None
    """Now, unless given."""


def record_run(hold: Hold, request: RunRequest, entry: RunEntry) -> None:
    """Add a row to ``runs`` and show it, with the parts that it switches to.

    A row of a holder that was overtaken comes before all of the other's, whenever it is written.
    """
    run = hold.run
    mark_lake(run.store)
    part_from_others(run)
    revision = 1 + max((layout.row_order(path)[1] for path in _files(run)), default=-1)
    row = run_row(request, entry, entry.at or datetime.now(UTC))
    path = layout.run_file(run.run_id, hold.epoch, revision, entry.status)
    named = {**row, "run_id": run.run_id, "epoch": hold.epoch, "revision": revision}
    write_part(run.store, path, [named], part_schema("runs"))
    show(run, f"{request.started_at:%Y-%m}")
    write_views(run.store)


def run_row(request: RunRequest, entry: RunEntry, at: datetime) -> dict[str, Any]:
    """A row without its epoch and revision."""
    blank = dict.fromkeys(RUNS.names)
    asked = {name: value for name, value in request.model_dump().items() if name in blank}
    return {
        **blank,
        **asked,
        "config": json.dumps(request.config, sort_keys=True),
        "computed_on": request.settled and in_words(request.settled),
        "settled": request.settled and as_json(request.settled),
        "model_pack": request.pack_id,
        "gallery_snapshot": request.snapshot_id,
        "left_out": request.left_out and sorted(request.left_out.items()),
        "searched_before": request.searched_before and sorted(request.searched_before.items()),
        "expected_fpir_low": request.expected_fpir and request.expected_fpir[0],
        "expected_fpir_high": request.expected_fpir and request.expected_fpir[1],
        "finished_at": None if entry.status in UNDER_WAY else at,
        "status": entry.status,
        "exit_code": EXIT_CODES[entry.status],
        "error": entry.error,
        **entry.totals,
    }


def latest_row(run: StoredRun) -> dict[str, Any] | None:
    """The run's last row, or None if it has none. Raises ResultsError for a damaged one."""
    path, compacted = layout.newest_row(_files(run)), compacted_row(run)
    if compacted and not is_later(path, compacted):
        return compacted
    return read_part(run.store, path, publish_again(path))[0] if path else None


def _files(run: StoredRun) -> tuple[str, ...]:
    return run.store.list(run.directory("runs"))
