"""Ready questions put to the lake: about runs that are there, and said which."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from lfr_batch.errors import QueryError, ResultsError
from lfr_batch.results.answers import rows_of
from lfr_batch.results.error_line import error_line
from lfr_batch.results.parameters import checked
from lfr_batch.results.queries import ReadyQuery, load_query
from lfr_batch.results.run_log import WITHHELD
from lfr_batch.results.run_views import FINISHED, FOOTAGE_KINDS
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.which_run import run_in_lake

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_RUN = """
SELECT kind, status, error, case_ref, (SELECT count(*) FROM footage WHERE run_id = $run_id) AS files
FROM runs WHERE run_id = $run_id
"""
_EVERY_RUN = "asked_runs($run_id::VARCHAR, $case_ref::VARCHAR)"


def ask(
    lake: Lake, name: str, given: Mapping[str, Any] = _NOTHING, own: Path | None = None
) -> pa.Table:
    """The answer to the ready question ``name``; what is not ``given`` has its default.

    ``run_id`` may be 'latest' or the beginning of one run's id, as ``which_run.run_in_lake`` has
    it; ``all`` may be given to every question that asks for runs. ``own``: folder of somebody's own
    questions. Raises QueryError for a question or parameter there is not, and where the run that
    was named can have no answer: none would read as "nobody". What is wrong with somebody's own is
    told with its file, and with the line where DuckDB says it.
    """
    query = load_query(name, own)
    values = values_for(lake, query, given)
    try:
        return run_query(lake, query.sql, values)
    except QueryError as error:
        if query.path is None:
            raise
        line = error_line(lake, query.sql, values, error)
        at = "" if line is None else f", line {line}"
        raise QueryError(f"{query.path}{at}: {error}") from error


def about(
    lake: Lake, name: str, given: Mapping[str, Any] = _NOTHING, own: Path | None = None
) -> str:
    """Of which runs ``ask`` answers, and what tells the rows of the answer apart, for people."""
    query = load_query(name, own)
    key = f"key: {', '.join(query.key)}" if query.key else ""
    return "; ".join(filter(None, (_of_runs(lake, query, given), key)))


def runs_asked(
    lake: Lake, name: str, given: Mapping[str, Any] = _NOTHING, own: Path | None = None
) -> Mapping[str, str | None] | None:
    """The cases of the runs whose rows ``ask`` answers with, by the runs' ids. None of a question
    that is about no runs, and of somebody's own, which may read what it likes. Raises as ``ask``.
    """
    query = load_query(name, own)
    values = values_for(lake, query, given)
    if query.asks is None or query.path is not None:
        return None
    return {run["run_id"]: run["case_ref"] for run in _asked(lake, query.asks, values)}


def _of_runs(lake: Lake, query: ReadyQuery, given: Mapping[str, Any]) -> str:
    if query.asks is None:
        return ""
    runs = _asked(lake, query.asks, values_for(lake, query, given))
    if not runs:
        return "no run has finished yet"
    cases = {run["case_ref"] for run in runs}
    of_case = f", case {runs[0]['case_ref']}" if len(cases) == 1 else ""
    return (
        f"of run {runs[0]['run_id']}{of_case}"
        if len(runs) == 1
        else f"of {len(runs)} runs{of_case}"
    )


def values_for(lake: Lake, query: ReadyQuery, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter of the question, null where it was left out."""
    known = {*query.parameters, *(("all",) if query.asks else ())}
    unknown = [name for name in given if name not in known]
    if unknown:
        has = ", ".join(query.parameters) or "none"
        raise QueryError(f"the question {query.name} has no parameter {unknown[0]!r}; it has {has}")
    values = {**dict.fromkeys(query.parameters), **checked(given)}
    if query.asks:
        _require_runs(lake, values)
    return {name: values[name] for name in query.parameters}


def _require_runs(lake: Lake, values: dict[str, Any]) -> None:
    """``run_id`` becomes that of the run which is meant."""
    run_id, case_ref = values["run_id"], values["case_ref"]
    if run_id is not None and values.get("all"):
        raise QueryError(f"ask for run {run_id} or for all, not for both")
    if run_id is not None:
        values["run_id"] = run_in_lake(lake, run_id, case_ref)
        _require_results(lake, values["run_id"], case_ref)
    elif case_ref is not None and not _asked(lake, _EVERY_RUN, values):
        raise QueryError(f"no finished run is of case {case_ref}; `lfr runs` lists them")


def _asked(lake: Lake, macro: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = rows_of(run_query(lake, f"FROM {macro}", values))
    return runs


def _require_results(lake: Lake, run_id: str, case_ref: str | None) -> None:
    run, *copies = rows_of(run_query(lake, _RUN, {"run_id": run_id}))
    if copies:
        raise ResultsError(
            f"the results have run {run_id} {len(copies) + 1} times, so that whatever it found "
            "would be counted as often; `lfr lake check` looks the files through"
        )
    if run["kind"] == "evaluation":
        raise QueryError(f"run {run_id} is an evaluation: its view is evaluations")
    if run["kind"] not in FOOTAGE_KINDS:
        raise QueryError(f"run {run_id} is a deployment: its views are alerts and reviews")
    if run["status"] == WITHHELD:
        raise QueryError(f"run {run_id} is withheld until it is authorised: {run['error']}")
    if run["status"] not in FINISHED and not run["files"]:
        raise QueryError(
            f"run {run_id} is not finished, so nothing of it can be asked yet; "
            f"`lfr status {run_id}` shows how far it is"
        )
    if case_ref not in (None, run["case_ref"]):
        raise QueryError(f"run {run_id} is of case {run['case_ref']}, not of {case_ref}")
