"""What the lake says of runs and sightings, as far as a screen shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Lock
from typing import Any

from lfr_batch.casework.decisions import KeptOf
from lfr_batch.casework.examination import Rejected
from lfr_batch.casework.rejected import rejected_before
from lfr_batch.results.answers import Row, rows_of
from lfr_batch.results.sql import Lake, run_query

_RUNS = """
SELECT run_id, kind, case_ref, authority, purpose, operator, gallery, gallery_snapshot, started_at,
  finished_at, status, sightings, inputs, model_pack, threshold, score_kind, target_fpir,
  expected_fpir_low, expected_fpir_high, config, footage_partly, footage_damaged, footage_failed
FROM runs
WHERE run_id IN (SELECT run_id FROM finished_runs)
  AND ($run_id::VARCHAR IS NULL OR run_id = $run_id)
ORDER BY started_at DESC, run_id DESC
"""
_SIGHTINGS = """
SELECT s.run_id, s.sighting_id, s.subject_id, p.name AS subject_name, s.footage_id,
  coalesce(s.camera_id, f.camera_id) AS camera, f.site, f.uri, f.kind AS footage_kind, f.width,
  s.start_utc, s.start_s, s.end_s, s.best_s, s.best_utc, s.picture, s.start_source, s.score,
  s.relative_score, s.margin, s.threshold, s.quality, s.frames
FROM sightings s
JOIN footage f ON f.run_id = s.run_id AND f.footage_id = s.footage_id
LEFT JOIN subjects p ON p.run_id = s.run_id AND p.subject_id = s.subject_id
WHERE s.run_id = $run_id
ORDER BY s.start_utc NULLS LAST, f.uri, s.start_s, s.picture, s.sighting_id
"""
_IDS = "SELECT run_id, list(sighting_id) AS sightings FROM sightings GROUP BY run_id"
_CANDIDATES = """
SELECT c.rank, c.subject_id, p.name, p.attributes, c.image_id, c.score, c.relative_score,
  c.above_threshold
FROM candidates c
LEFT JOIN subjects p ON p.run_id = c.run_id AND p.subject_id = c.subject_id
WHERE c.run_id = $run_id AND c.sighting_id = $sighting_id
ORDER BY c.rank
"""
_ROW = "SELECT * FROM sightings WHERE run_id = $run_id AND sighting_id = $sighting_id"
_FILE = "SELECT * FROM footage WHERE run_id = $run_id AND footage_id = $footage_id"
_OF_SIGHTING = "FROM best_shots WHERE run_id = $run_id AND sighting_id = $sighting_id"
_SHOTS = f"SELECT media_s, box, landmarks, further {_OF_SIGHTING} AND width IS NOT NULL"
"""What is known of pictures, without reading one; where there is none, there is no width."""
_BEST = f"SELECT jpeg {_OF_SIGHTING}"
_FURTHER = f"SELECT further_jpegs[$number::INTEGER] AS jpeg {_OF_SIGHTING}"
_THUMBNAIL = f"SELECT thumbnail AS jpeg {_OF_SIGHTING}"

MOST_KNOWN = 1000
"""Answers that are kept."""


@dataclass(slots=True)
class FoundInLake:
    """Every method may be called from any thread: questions are asked one at a time. What was
    answered once is known until something is published, or forgotten; pictures are asked for each
    time."""

    lake: Lake
    _known: dict[tuple[Any, ...], list[Row]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.lake = replace(self.lake, refresh=partial(self._look, self.lake.refresh))

    def runs(self, run_id: str | None = None) -> list[Row]:
        """Finished scans and searches, newest first."""
        return self._recall(_RUNS, run_id=run_id)

    def sightings(self, run_id: str) -> list[Row]:
        """In the order of time. Scores are in it: ``blind`` says who may know them."""
        return self._recall(_SIGHTINGS, run_id=run_id)

    def sighting(self, run_id: str, sighting_id: str) -> Row | None:
        rows = self.sightings(run_id)
        return next((row for row in rows if row["sighting_id"] == sighting_id), None)

    def sighting_ids(self) -> Mapping[str, Sequence[str]]:
        """By run."""
        return {row["run_id"]: row["sightings"] for row in self._recall(_IDS)}

    def candidates(self, run_id: str, sighting_id: str) -> list[Row]:
        """The whole rank list, best first."""
        return self._ask(_CANDIDATES, run_id=run_id, sighting_id=sighting_id)

    def shots(self, run_id: str, sighting_id: str) -> list[Row]:
        """``media_s`` and ``box`` of each of its pictures, the evidence picture first, which has
        ``landmarks``, then others of its track, best first."""
        return [
            shot
            for best in self._recall(_SHOTS, run_id=run_id, sighting_id=sighting_id)
            for shot in (best, *(best["further"] or ()))
        ]

    def shot(self, run_id: str, sighting_id: str, number: int) -> bytes | None:
        """The JPEG of the ``number``-th of ``shots``, from 1."""
        if number == 1:
            return self._picture(_BEST, run_id=run_id, sighting_id=sighting_id)
        return self._picture(_FURTHER, run_id=run_id, sighting_id=sighting_id, number=number - 1)

    def thumbnail(self, run_id: str, sighting_id: str) -> bytes | None:
        """Of the evidence picture, JPEG: where there is none, that picture."""
        where = {"run_id": run_id, "sighting_id": sighting_id}
        return self._picture(_THUMBNAIL, **where) or self._picture(_BEST, **where)

    def whole_rows(self, run_id: str, sighting_id: str) -> tuple[Row, Row]:
        """Those of ``sightings`` and ``footage``, with every column."""
        (row,) = self._ask(_ROW, run_id=run_id, sighting_id=sighting_id)
        (footage,) = self._ask(_FILE, run_id=run_id, footage_id=row["footage_id"])
        return row, footage

    def rejected(
        self, kept_of: KeptOf, run_ids: Sequence[str]
    ) -> Mapping[str, Mapping[str, Rejected]]:
        """Sightings of runs that were rejected in an earlier one of the case, by run."""
        with self._lock:
            return rejected_before(self.lake, kept_of, run_ids)

    def close(self) -> None:
        self.lake.close()

    def _picture(self, sql: str, **given: Any) -> bytes | None:
        return next((row["jpeg"] for row in self._ask(sql, **given)), None)

    def _recall(self, sql: str, **given: Any) -> list[Row]:
        with self._lock:
            self.lake.refresh()
            key = (sql, *sorted(given.items()))
            if key not in self._known:
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                self._known[key] = rows_of(run_query(self.lake, sql, given))
            return self._known[key]

    def _ask(self, sql: str, **given: Any) -> list[Row]:
        with self._lock:
            if not self.lake.looks_first:
                self.lake.refresh()
            return rows_of(run_query(self.lake, sql, given))

    def _look(self, refresh: Callable[[], bool]) -> bool:
        is_new = refresh()
        if is_new:
            self._known.clear()
        return is_new
