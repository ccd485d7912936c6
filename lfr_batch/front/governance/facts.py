"""What a lake knows of a period's searches, and of how their sightings were decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lfr_batch.casework.decisions import KeptOf
from lfr_batch.casework.examination import (
    STAGES,
    ExaminerDecision,
    Opinion,
    Rejected,
    settle,
)
from lfr_batch.casework.rejected import rejected_before
from lfr_batch.front.governance.known import AlertFact, BoardFacts, SearchFact, SightingFact
from lfr_batch.results.answers import Row, rows_of
from lfr_batch.results.sql import Lake, run_query

_PERIOD = "r.started_at >= $begin AND r.started_at < $end"
_SEARCHES = f"""
SELECT r.run_id, r.case_ref, coalesce(r.sightings, 0) AS sightings, r.finished_at,
  EXISTS (FROM finished_runs f WHERE f.run_id = r.run_id) AS is_finished
FROM runs r WHERE r.kind IN ('scan', 'search') AND {_PERIOD}
ORDER BY r.run_id
"""
_SIGHTINGS = f"""
SELECT s.run_id, s.sighting_id, s.subject_id, p.attributes
FROM sightings s JOIN finished_runs r USING (run_id)
LEFT JOIN subjects p ON p.run_id = s.run_id AND p.subject_id = s.subject_id
WHERE {_PERIOD}
"""
_REVIEWS = f"""
SELECT v.run_id, v.sighting_id, v.stage, v.subject_id, v.conclusion, v.outcome, v.decided_at
FROM reviews v JOIN runs r USING (run_id)
WHERE v.sighting_id IS NOT NULL AND {_PERIOD}
ORDER BY v.decided_at, v.review_id
"""
_ALERTS = f"""
SELECT a.run_id, r.case_ref, v.verdict, v.outcome
FROM alerts a JOIN runs r USING (run_id)
LEFT JOIN (
  FROM reviews WHERE alert_id IS NOT NULL
  QUALIFY row_number()
    OVER (PARTITION BY run_id, alert_id ORDER BY decided_at DESC, review_id DESC) = 1
) v ON v.run_id = a.run_id AND v.alert_id = a.alert_id
WHERE a.volunteer IS NOT TRUE AND {_PERIOD}
"""
_DEPLOYMENTS = f"SELECT r.run_id, r.case_ref FROM runs r WHERE r.kind = 'live' AND {_PERIOD}"


def board_facts(lake: Lake, kept_of: KeptOf, begin: datetime, end: datetime) -> BoardFacts:
    """Of what began from ``begin`` to before ``end``; ``kept_of``: decisions of the same results.
    Raises ResultsError, StoreError."""

    def asked(sql: str) -> list[Row]:
        return rows_of(run_query(lake, sql, {"begin": begin, "end": end}))

    runs = asked(_SEARCHES)
    finished = {run["run_id"]: run for run in runs if run["is_finished"]}
    rejected = rejected_before(lake, kept_of, list(finished))
    return BoardFacts(
        tuple(SearchFact(r["run_id"], r["case_ref"], r["sightings"]) for r in finished.values()),
        tuple(run["case_ref"] for run in runs if not run["is_finished"]),
        tuple(_sightings(asked(_SIGHTINGS), asked(_REVIEWS), finished, rejected)),
        tuple(AlertFact(a["case_ref"], a["verdict"], a["outcome"]) for a in asked(_ALERTS)),
        tuple(run["case_ref"] for run in asked(_DEPLOYMENTS)),
    )


def _sightings(
    sightings: Sequence[Row],
    reviews: Iterable[Row],
    runs: Mapping[str, Row],
    rejected: Mapping[str, Mapping[str, Rejected]],
) -> Iterable[SightingFact]:
    by_sighting = defaultdict[tuple[str, str], list[Row]](list)
    for review in reviews:
        by_sighting[review["run_id"], review["sighting_id"]].append(review)
    for each in sightings:
        run_id, sighting_id = each["run_id"], each["sighting_id"]
        is_rejected = sighting_id in rejected.get(run_id, {})
        yield _fact(each, by_sighting[run_id, sighting_id], runs[run_id], is_rejected)


def _fact(sighting: Row, reviews: Sequence[Row], run: Row, is_rejected: bool) -> SightingFact:
    decisions = sorted(
        (_decision(row) for row in reviews if row["stage"] in STAGES),
        key=lambda each: STAGES.index(each.stage),
    )
    settled = settle(decisions)
    after = None
    if settled.is_over and run["finished_at"]:
        after = (decisions[-1].decided_at - run["finished_at"]).total_seconds()
    outcomes = [row["outcome"] for row in reviews if row["stage"] == "outcome"]
    return SightingFact(
        run["case_ref"],
        sighting["subject_id"],
        dict(sighting["attributes"] or ()),
        len(decisions),
        settled,
        after,
        outcomes[-1] if outcomes else None,
        is_rejected,
    )


def _decision(row: Mapping[str, Any]) -> ExaminerDecision:
    """What of it settles a sighting."""
    opinion = Opinion(row["subject_id"], row["conclusion"], {}, (), "")
    return ExaminerDecision(
        "", row["run_id"], row["sighting_id"], row["stage"], "", "", row["decided_at"], opinion
    )
