"""What results say of a run and of some of its sightings, as JSON has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lfr_batch.errors import QueryError, UsageError
from lfr_batch.results.answers import Row, rows_of
from lfr_batch.results.run_log import WITHHELD
from lfr_batch.results.run_views import FINISHED
from lfr_batch.results.schemas import DATASETS
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.views import quoted
from lfr_batch.results.withholding import withheld_words

_NAMED = 5
_DATED = {
    "sightings": "start_s, sighting_id",
    "candidates": "sighting_id, rank",
    "best_shots": "sighting_id",
    "reviews": "sighting_id, decided_at, review_id",
    "subjects": "subject_id",
    "footage": "uri, stream, recording, footage_id",
    "segments": "footage_id, start_s, segment_id",
}
"""By what the rows of each dataset are sorted."""


@dataclass(frozen=True, slots=True)
class SightingFacts:
    """A sighting with all that was kept of it. Rows are as the lake has them."""

    row: Row
    candidates: tuple[Row, ...]
    shot: Row
    """Of ``best_shots``, with its JPEG."""
    reviews: tuple[Row, ...]
    subjects: Mapping[str, Row]

    @property
    def sighting_id(self) -> str:
        return str(self.row["sighting_id"])


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A finished run, and those of its sightings that were asked for."""

    row: Row
    sightings: tuple[SightingFacts, ...]
    footage: tuple[Row, ...]
    """Of the files in which these were seen; where none are, of all."""
    segments: tuple[Row, ...]
    """Receipts of these files."""

    @property
    def run_id(self) -> str:
        return str(self.row["run_id"])


def run_facts(lake: Lake, run_id: str, wanted: Sequence[str]) -> RunFacts:
    """``wanted``: ids of sightings; none: all. Raises QueryError for a run or a sighting that is
    not there, UsageError for a run without faces of footage or one that is not finished."""
    row = _run(lake, run_id)
    there = _rows(lake, "sightings", run_id)
    chosen = _chosen(there, wanted, run_id)
    ids = [each["sighting_id"] for each in chosen]
    of = {
        name: _by_sighting(_rows(lake, name, run_id, "sighting_id", ids))
        for name in ("candidates", "best_shots", "reviews")
    }
    people = {c["subject_id"] for rows in of["candidates"].values() for c in rows}
    subjects = {s["subject_id"]: s for s in _rows(lake, "subjects", run_id, "subject_id", people)}
    sightings = tuple(
        SightingFacts(
            each,
            tuple(of["candidates"].get(each["sighting_id"], ())),
            next(iter(of["best_shots"].get(each["sighting_id"], ())), {}),
            tuple(of["reviews"].get(each["sighting_id"], ())),
            subjects,
        )
        for each in chosen
    )
    files = sorted({each["footage_id"] for each in chosen}) if there else None
    footage = _rows(lake, "footage", run_id, "footage_id", files)
    segments = _rows(lake, "segments", run_id, "footage_id", files)
    return RunFacts(row, sightings, tuple(footage), tuple(segments))


def plain(value: Any) -> Any:
    """As JSON has it: moments in ISO 8601, pictures by their length alone."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list) and any(isinstance(each, tuple) for each in value):
        return plain(dict(value))  # how a map comes out of Arrow
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def _run(lake: Lake, run_id: str) -> Row:
    found = _rows(lake, "runs", run_id)
    if not found:
        raise QueryError(f"there is no run {run_id}; `lfr runs` lists them")
    (row,) = found
    if row["kind"] not in {"scan", "search"}:
        raise UsageError(
            f"{run_id} is no scan or search, and only these have sightings that a pack can be "
            "made of: name one of them, as `lfr runs` lists them."
        )
    if row["status"] == WITHHELD:
        raise UsageError(withheld_words(run_id, row["error"]))
    if row["status"] not in FINISHED:
        raise UsageError(
            f"Run {run_id} is not finished ({row['status']}), so what it found is not published: "
            f"bring it to its end with `lfr resume {run_id}`, then make the pack."
        )
    return row


def _chosen(there: Sequence[Row], wanted: Sequence[str], run_id: str) -> list[Row]:
    known = {each["sighting_id"]: each for each in there}
    for each in wanted:
        if each not in known:
            some = ", ".join(list(known)[:_NAMED]) or "none at all"
            raise QueryError(
                f"run {run_id} has no sighting {each}; it has {some}"
                + (f" and {len(known) - _NAMED} more" if len(known) > _NAMED else "")
            )
    return [known[each] for each in dict.fromkeys(wanted)] if wanted else list(there)


def _rows(
    lake: Lake,
    dataset: str,
    run_id: str,
    column: str | None = None,
    values: Iterable[str] | None = None,
) -> list[Row]:
    """``values`` of ``column``; None: whatever it holds."""
    if column is not None and column not in DATASETS[dataset].names:
        return []
    where = f"run_id = {quoted(run_id)}"
    if column is not None and values is not None:
        where += f" AND {column} IN ({', '.join(map(quoted, values)) or 'NULL'})"
    order = f" ORDER BY {_DATED[dataset]}" if dataset in _DATED else ""
    return rows_of(run_query(lake, f"SELECT * FROM {dataset} WHERE {where}{order}"))


def _by_sighting(rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["sighting_id"], []).append(row)
    return grouped
