"""The ``runs`` dataset: rows are only ever added, the last of a run is what it is now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

from lfr_batch.models.settled import as_json, in_words
from lfr_batch.results import layout
from lfr_batch.results.damage import publish_again
from lfr_batch.results.hold import Hold
from lfr_batch.results.lake import write_views
from lfr_batch.results.lake_version import mark_lake
from lfr_batch.results.parts import read_part, write_part
from lfr_batch.results.run_state import RunRequest
from lfr_batch.results.schemas import RUNS, part_schema
from lfr_batch.storage.store import Store

RunStatus = Literal["running", "complete", "complete_partly", "complete_with_failures", "failed"]
DONE: frozenset[str] = frozenset({"complete", "complete_partly"})
"""There is nothing left that `lfr resume` could do."""

EXIT_CODES: Mapping[str, int | None] = MappingProxyType(
    {
        "running": None,
        "complete": 0,
        "complete_partly": 3,
        "complete_with_failures": 3,
        "failed": 1,
    }
)


def record_run(
    hold: Hold,
    request: RunRequest,
    status: RunStatus,
    *,
    totals: Mapping[str, Any] = MappingProxyType({}),
    error: str | None = None,
    at: datetime | None = None,
) -> None:
    """Add a row to ``runs`` and make sure that the views show it.

    ``totals``: the counting columns (``rollup.run_totals``); ``at``: now, unless given. A row of a
    holder that was overtaken comes before all of the other's, whenever it is written.
    """
    store, run_id = hold.store, request.run_id
    mark_lake(store)
    revision = 1 + max((_order(path)[1] for path in _files(store, run_id)), default=-1)
    row = run_row(request, status, totals, error, at or datetime.now(UTC))
    path = layout.run_file(run_id, hold.epoch, revision, status)
    named = {**row, "epoch": hold.epoch, "revision": revision}
    write_part(store, path, [named], part_schema(RUNS))
    write_views(store)


def run_row(
    request: RunRequest,
    status: RunStatus,
    totals: Mapping[str, Any],
    error: str | None,
    at: datetime,
) -> dict[str, Any]:
    """A row without its epoch and revision."""
    blank = dict.fromkeys(part_schema(RUNS).names)
    asked = {name: value for name, value in request.model_dump().items() if name in blank}
    return {
        **blank,
        **asked,
        "config": json.dumps(request.config, sort_keys=True),
        "computed_on": request.settled and in_words(request.settled),
        "settled": request.settled and as_json(request.settled),
        "model_pack": request.pack_id,
        "gallery_snapshot": request.snapshot_id,
        "finished_at": None if status == "running" else at,
        "status": status,
        "exit_code": EXIT_CODES[status],
        "error": error,
        **totals,
    }


def latest_row(store: Store, run_id: str) -> dict[str, Any] | None:
    """The run's last row, or None if it has none. Raises ResultsError for a damaged one."""
    files = _files(store, run_id)
    return read_part(store, files[-1], publish_again(files[-1]))[0] if files else None


def published_epoch(store: Store, run_id: str) -> str | None:
    """Whose parts are the run's; None while it has not finished."""
    return layout.published_epochs(_files(store, run_id)).get(run_id)


def _files(store: Store, run_id: str) -> list[str]:
    """In order of epoch and revision."""
    paths = store.list(layout.run_directory("runs", run_id))
    return sorted(filter(layout.run_file_parts, paths), key=_order)


def _order(path: str) -> tuple[str, int]:
    found = layout.run_file_parts(path)
    return (found[0], found[1]) if found else (layout.NO_EPOCH, -1)
