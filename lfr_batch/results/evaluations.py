"""The dataset ``evaluations``: figures that are there once their evaluation has its final row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from lfr_batch.errors import RunNotFound
from lfr_batch.results import layout
from lfr_batch.results.answers import rows_of
from lfr_batch.results.hold import Hold, require_hold
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import write_part
from lfr_batch.results.run_log import RunEntry, record_run
from lfr_batch.results.run_state import RunRequest
from lfr_batch.results.sql import Lake, run_query

KIND: Literal["evaluation"] = "evaluation"
_ALL = "FROM evaluations WHERE run_id = $run_id ORDER BY figure_id"
_FINISHED = f"""
SELECT run_id FROM runs WHERE kind = '{KIND}' AND status = 'complete'
ORDER BY started_at DESC, run_id DESC
"""
_RUN = "FROM runs WHERE run_id = $run_id"


def publish_figures(hold: Hold, request: RunRequest, rows: Sequence[Mapping[str, Any]]) -> None:
    """``rows`` without their run. Raises RunTakenOver, StoreFull, StoreUnreachable."""
    run = hold.run
    require_hold(hold)
    path = layout.part("evaluations", run.run_id, hold.epoch, 0)
    named = ({"run_id": run.run_id, **row} for row in rows)
    write_part(run.store, path, named, part_schema("evaluations"))
    record_run(hold, request, RunEntry("complete", at=datetime.now(UTC)))


def which_evaluation(lake: Lake, said: str) -> str:
    """Its id, from that, the beginning of one's alone, or 'latest'. Raises RunNotFound."""
    ids: list[str] = run_query(lake, _FINISHED).column(0).to_pylist()
    alike = ids[:1] if said == "latest" else [each for each in ids if each.startswith(said)]
    if said in alike:
        return said
    if len(alike) == 1 and said:
        return alike[0]
    if alike:
        raise RunNotFound(
            f"{len(alike)} evaluations begin with {said}: {', '.join(alike[:5])}; give more of it"
        )
    there = f"there are {', '.join(ids[:5])}" if ids else "none has finished yet"
    raise RunNotFound(f"there is no evaluation {said!r} ({there}); `lfr runs` lists them")


def read_figures(lake: Lake, run_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rows_of(run_query(lake, _ALL, {"run_id": run_id}))
    return found


def row_of_evaluation(lake: Lake, run_id: str) -> dict[str, Any]:
    """Of ``runs``."""
    rows: list[dict[str, Any]] = rows_of(run_query(lake, _RUN, {"run_id": run_id}))
    return rows[0]
