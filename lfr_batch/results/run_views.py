"""Which runs a question is about, and all views beside those of the datasets. Pure.

They are the one definition of "the latest finished run", for every ready question, in ``views.sql``
too, so that DuckDB's own command line has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from lfr_batch.results.columns import schema_of
from lfr_batch.results.coverage_views import COVERAGE_VIEWS
from lfr_batch.results.distinct_views import DISTINCT_VIEWS
from lfr_batch.results.documented import DocumentedView, joined
from lfr_batch.results.run_schemas import RUNS
from lfr_batch.results.together_views import TOGETHER_VIEWS
from lfr_batch.results.visit_views import VISIT_VIEWS

FOOTAGE_KINDS = frozenset({"scan", "search"})
"""A live deployment is a run, too, but searches no footage."""
FINISHED = frozenset({"complete", "complete_partly", "complete_with_failures"})
"""Statuses of a run that came to its end and whose results are there."""


def _quoted(words: frozenset[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


_FINISHED_RUNS = f"""\
CREATE OR REPLACE VIEW finished_runs AS
FROM runs
WHERE kind IN ({_quoted(FOOTAGE_KINDS)}) AND status IN ({_quoted(FINISHED)});"""

_ASKED_RUNS = """\
CREATE OR REPLACE MACRO time_zone_of(config) AS
  coalesce(TRY(json_extract_string(config, '$.footage.time_zone')), 'UTC');

CREATE OR REPLACE MACRO asked_runs(one_run, one_case) AS TABLE
SELECT run_id, case_ref, gallery, finished_at, model_pack, time_zone_of(config) AS time_zone
FROM runs
WHERE (one_case IS NULL OR case_ref = one_case)
  AND (run_id = one_run OR (one_run IS NULL AND run_id IN (SELECT run_id FROM finished_runs)));

CREATE OR REPLACE MACRO asked_run(one_run, one_case, every) AS TABLE
FROM asked_runs(one_run, one_case)
WHERE one_run IS NOT NULL OR one_case IS NOT NULL OR coalesce(every, false)
  OR run_id = (
    SELECT max_by(run_id, (finished_at, run_id)) FROM finished_runs);"""
"""``asked_runs``: the run that was named, else all that have finished, of a case where given.
``asked_run``: the same, but the one that finished last where neither is given nor ``every``."""

_LATEST_RUN = """\
CREATE OR REPLACE VIEW latest_run AS
FROM runs
WHERE run_id IN (SELECT run_id FROM asked_run(NULL, NULL, false));"""

_LATEST_RUNS = """\
CREATE OR REPLACE VIEW latest_runs AS
SELECT r.*, l.footage_latest
FROM finished_runs r
JOIN (
  SELECT run_id, count(*) AS footage_latest
  FROM (
    SELECT run_id
    FROM footage_searched(NULL, NULL)
    QUALIFY row_number() OVER (
      PARTITION BY case_ref, gallery, content
      ORDER BY footage_status = 'failed', finished_at DESC, run_id DESC, footage_id) = 1
  )
  GROUP BY run_id
) l USING (run_id);"""
"""A run is one of them as long as it has the last word on any of its footage: no later run of the
case has searched those bytes for the same gallery. One whose footage was searched again, by however
many runs together, is not."""

_RUNS_AND_LATEST = joined(
    RUNS,
    schema_of(
        (
            "footage_latest",
            pa.int64(),
            "Rows of footage (each content once) that no later run of the case has searched again "
            "for this gallery.",
        )
    ),
)

DERIVED_VIEWS: Mapping[str, DocumentedView] = MappingProxyType(
    {
        "finished_runs": DocumentedView(
            "Scans and searches that came to their end, with what they found.",
            RUNS,
            ("run_id",),
            _FINISHED_RUNS,
        ),
        "latest_run": DocumentedView(
            "Of those the one that finished last; no row before the first.",
            RUNS,
            ("run_id",),
            f"{_ASKED_RUNS}\n\n{_LATEST_RUN}",
        ),
        **DISTINCT_VIEWS,
        "latest_runs": DocumentedView(
            "Finished runs of each case that still have the last word on some of their footage: "
            "what was searched again for the same gallery is left out.",
            _RUNS_AND_LATEST,
            ("run_id",),
            _LATEST_RUNS,
        ),
        **VISIT_VIEWS,
        **TOGETHER_VIEWS,
        **COVERAGE_VIEWS,
    }
)
"""Every view that is made of those of the datasets; each may need those before it."""


def create_run_views() -> str:
    """The script; the views of the datasets must be there."""
    return "\n\n".join(
        f"{view.sql}\nCOMMENT ON VIEW {name} IS {_literal(commented(view))};"
        for name, view in DERIVED_VIEWS.items()
    )


def commented(view: DocumentedView) -> str:
    """What its rows are and what tells them apart."""
    return f"{view.comment} Key: {', '.join(view.key)}."


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
