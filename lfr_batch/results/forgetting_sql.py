"""Which rows go when something is forgotten, in SQL over the views. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from lfr_batch.results.schemas import PUBLISHED

What = Literal["run", "subject", "footage"]

LOST: Mapping[What, str] = MappingProxyType(
    {
        "run": "SELECT run_id, sighting_id, footage_id FROM sightings WHERE {of_runs}",
        "subject": "SELECT run_id, sighting_id, footage_id FROM sightings "
        "WHERE subject_id = $value{of_gallery}",
        "footage": "SELECT run_id, s.sighting_id, footage_id FROM sightings s "
        "JOIN footage f USING (run_id, footage_id) WHERE f.uri = $value",
    }
)
"""Sightings of which nothing stays: no row, no ranked candidate, no picture. Of a subject those of
whom it is the first candidate."""

_ITS_SEGMENTS = "SELECT run_id, footage_id FROM footage WHERE uri = $value"
_ITS_FILES = f"SELECT r.* FROM {{dataset}} r SEMI JOIN ({_ITS_SEGMENTS}) USING (run_id, footage_id)"
_OTHER_FILES = _ITS_FILES.replace("SEMI", "ANTI")
_WITHOUT_LOST = "SELECT r.* FROM {dataset} r ANTI JOIN ({lost}) USING (run_id, sighting_id)"
_OTHER_RUNS = "SELECT r.* FROM {dataset} r WHERE NOT ({of_runs})"
_OF_RUN = "run_id = $value"
_OF_RUNS = "run_id IN (SELECT unnest($runs::VARCHAR[]))"
_FEWER = (
    "SELECT r.* REPLACE (r.sightings - coalesce(l.n, 0) AS sightings{more}) FROM {dataset} r "
    "LEFT JOIN (SELECT {key}, count(*) AS n FROM ({lost}) GROUP BY ALL) l USING ({key})"
)
_NOTED = (
    ", CASE WHEN run_id IN ({affected}) THEN list_append(coalesce(r.forgotten, []), $note) "
    "ELSE r.forgotten END AS forgotten"
    ", r.revision + (run_id IN ({affected}))::INTEGER AS revision"
)
"""Of the runs alone that have anything of it: others may be in the same group."""
_NAMED = (
    ", list_transform(r.inputs, lambda x: CASE WHEN x = $value THEN '(forgotten)' ELSE x END) "
    "AS inputs"
    ", list_filter(r.gaps, lambda x: NOT contains(x, $value)) AS gaps"
    ", list_filter(r.unmatched_rows, lambda x: NOT contains(x, $value)) AS unmatched_rows"
)
_NAMING = (
    "SELECT run_id FROM runs WHERE list_contains(inputs, $value) "
    "OR len(list_filter(list_concat(gaps, unmatched_rows), lambda x: contains(x, $value))) > 0"
)
_OF_GALLERY = " AND run_id IN (SELECT run_id FROM runs WHERE gallery = $gallery)"
_OF_FILES = ("footage", "segments")
_OF_SIGHTINGS = ("sightings", "candidates", "best_shots")


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What is to be forgotten: a run, a subject, or a file of footage by its uri."""

    what: What
    value: str
    note: str = ""
    """What the rows of the runs say of it from then on."""
    gallery: str | None = None
    """Of a subject: in runs with this gallery alone; None: wherever a subject is called so."""
    also: tuple[str, ...] = ()
    """Of a run: others that go with it, out of files that are made anew once for all of them."""

    @property
    def runs(self) -> tuple[str, ...]:
        return (self.value, *self.also)

    @property
    def of_runs(self) -> str:
        return _OF_RUNS if self.also else _OF_RUN

    @property
    def of_gallery(self) -> str:
        return _OF_GALLERY if self.gallery is not None else ""

    @property
    def lost(self) -> str:
        return LOST[self.what].format(of_gallery=self.of_gallery, of_runs=self.of_runs)

    def given(self, sql: str) -> dict[str, Any] | None:
        """The parameters of a query that is made of these; None where it has none."""
        return {name: value for name, value in self.values.items() if f"${name}" in sql} or None

    @property
    def values(self) -> dict[str, Any]:
        said = {"value": self.value, "note": self.note, "gallery": self.gallery or ""}
        return {**said, "runs": list(self.runs)}

    @property
    def _is_theirs(self) -> str:
        return f"(r.subject_id = $value{self.of_gallery})"

    def kept(self, dataset: str) -> str:
        """A query: the rows that stay. Counts of sightings in files and runs are of those."""
        if self.what == "run":
            return _OTHER_RUNS.format(dataset=dataset, of_runs=self.of_runs)
        if dataset in _OF_SIGHTINGS:
            stay = _WITHOUT_LOST.format(dataset=dataset, lost=self.lost)
            if dataset == "candidates" and self.what == "subject":
                return f"{stay} WHERE NOT {self._is_theirs}"
            return stay
        if dataset == "runs":
            noted = _NOTED.format(affected=self.affected)
            more = noted + (_NAMED if self.what == "footage" else "")
            return _FEWER.format(dataset=dataset, lost=self.lost, key="run_id", more=more)
        return self._kept_of_files(dataset)

    def _kept_of_files(self, dataset: str) -> str:
        if dataset == "subjects":
            who = f" WHERE NOT {self._is_theirs}" if self.what == "subject" else ""
            return f"SELECT r.* FROM {dataset} r{who}"
        if dataset in _OF_FILES and self.what == "footage":
            return _OTHER_FILES.format(dataset=dataset)
        if dataset == "footage":
            key = "run_id, footage_id"
            return _FEWER.format(dataset=dataset, lost=self.lost, key=key, more="")
        return f"SELECT r.* FROM {dataset} r"

    def gone(self, dataset: str) -> str:
        """A query: the rows that go."""
        if self.what == "run":
            return f"SELECT r.* FROM {dataset} r WHERE {self.of_runs}"
        if dataset in _OF_SIGHTINGS:
            also = ""
            if dataset == "candidates" and self.what == "subject":
                also = f" OR {self._is_theirs}"
            pairs = f"SELECT (run_id, sighting_id) FROM ({self.lost})"
            return f"SELECT r.* FROM {dataset} r WHERE (r.run_id, r.sighting_id) IN ({pairs}){also}"
        if dataset == "subjects" and self.what == "subject":
            return f"SELECT r.* FROM {dataset} r WHERE {self._is_theirs}"
        if dataset in _OF_FILES and self.what == "footage":
            return _ITS_FILES.format(dataset=dataset)
        return f"SELECT r.* FROM {dataset} r WHERE false"

    @property
    def affected(self) -> str:
        """A query: the runs that have rows which go, or that name what is to be forgotten."""
        each = [f"SELECT run_id FROM ({self.gone(dataset)})" for dataset in ("runs", *PUBLISHED)]
        if self.what == "footage":
            each.append(_NAMING)
        return f"SELECT DISTINCT run_id FROM ({' UNION ALL '.join(each)}) ORDER BY run_id"
