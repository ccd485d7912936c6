"""Ready questions put to the lake: about a run that is there, and said which."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from lfr_batch.errors import QueryError
from lfr_batch.results.parameters import with_numbers
from lfr_batch.results.queries import ReadyQuery, load_query
from lfr_batch.results.run_views import FINISHED, FOOTAGE_KINDS
from lfr_batch.results.sql import Lake, run_query

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_RUN = """
SELECT kind, status, case_ref, (SELECT count(*) FROM footage WHERE run_id = $run_id) AS files
FROM runs WHERE run_id = $run_id
"""
_ASKED = "FROM {}($run_id::VARCHAR, $case_ref::VARCHAR)"


def ask(lake: Lake, name: str, given: Mapping[str, Any] = _NOTHING) -> pa.Table:
    """The answer to the ready question ``name``; what is not ``given`` has its default.

    Raises QueryError for a question or parameter there is not, and where the run that was named
    can have no answer: none would read as "nobody".
    """
    query = load_query(name)
    return run_query(lake, query.sql, _checked(lake, query, given))


def about(lake: Lake, name: str, given: Mapping[str, Any] = _NOTHING) -> str:
    """Which runs ``ask`` answers of, for people."""
    query = load_query(name)
    values = _checked(lake, query, given)
    asked = _asked(lake, query.asks, values)
    if not asked:
        return "no run has finished yet"
    if len(asked) > 1:
        return f"of {len(asked)} runs"
    return f"of run {asked[0]['run_id']}, case {asked[0]['case_ref']}"


def _checked(lake: Lake, query: ReadyQuery, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter of the question, null where it was left out."""
    unknown = [name for name in given if name not in query.parameters]
    if unknown:
        has = ", ".join(query.parameters)
        raise QueryError(f"the question {query.name} has no parameter {unknown[0]!r}; it has {has}")
    values = {**dict.fromkeys(query.parameters), **with_numbers(given)}
    run_id, case_ref = values["run_id"], values["case_ref"]
    if run_id is not None:
        _require_results(lake, run_id, case_ref)
    elif case_ref is not None and not _asked(lake, "asked_runs", values):
        raise QueryError(f"no finished run is of case {case_ref}; `lfr runs` lists them")
    return values


def _asked(lake: Lake, macro: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = run_query(lake, _ASKED.format(macro), values).to_pylist()
    return runs


def _require_results(lake: Lake, run_id: str, case_ref: str | None) -> None:
    found = run_query(lake, _RUN, {"run_id": run_id}).to_pylist()
    if not found:
        raise QueryError(f"there is no run {run_id}; `lfr runs` lists them")
    (run,) = found
    if run["kind"] not in FOOTAGE_KINDS:
        raise QueryError(f"run {run_id} is a deployment: its views are alerts and reviews")
    if run["status"] not in FINISHED and not run["files"]:
        raise QueryError(
            f"run {run_id} is not finished, so nothing of it can be asked yet; "
            f"`lfr status {run_id}` shows how far it is"
        )
    if case_ref not in (None, run["case_ref"]):
        raise QueryError(f"run {run_id} is of case {run['case_ref']}, not of {case_ref}")
