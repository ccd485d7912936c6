"""The report of a run, a case or a person: one HTML file with everything in it, for the officer who
decides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import groupby
from pathlib import Path
from typing import Any

from lfr_batch.errors import QueryError
from lfr_batch.results import report_rows, searched
from lfr_batch.results.answers import Row
from lfr_batch.results.local_time import zone_of_run
from lfr_batch.results.report_page import data_uri, page_filters, report_template, save_report
from lfr_batch.results.report_rows import ReportScope
from lfr_batch.results.run_state import not_found
from lfr_batch.results.run_views import FINISHED
from lfr_batch.results.sql import Lake
from lfr_batch.results.status import shown_status
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.timeline import timeline
from lfr_batch.storage.store import Store

MAX_SIGHTINGS = 300
"""With pictures, so that the file stays below some 20 MB; the report says how many there are."""
MAX_OF_PERSON = 20
"""Of one person, where there are others."""
MAX_RUNS, MAX_FILES, MAX_TIMELINES, MAX_SEEN = 200, 500, 100, 200
"""Rows of runs; of files in one list; time lines; sightings on one of them."""

ReferencePictures = Callable[[str, str, Sequence[str]], Mapping[str, bytes]]
"""(gallery, snapshot, image ids) → the enrolled pictures that are still there, encoded."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a page shows, and what must be said of it where it is not seen."""

    context: Mapping[str, Any]
    """By name, for the template."""
    run_ids: tuple[str, ...]
    sightings: int
    """With pictures."""
    notes: tuple[str, ...]
    """What was not searched, a sentence each."""


def write_report(
    lake: Lake,
    run: StoredRun,
    out_path: Path,
    reference_pictures: ReferencePictures | None = None,
) -> Report:
    """Write the report of a run; ``lake`` is of ``open_lake`` on the run's root.

    Raises RunNotFound, and StoreFull or StoreUnreachable if ``out_path`` cannot be written.
    """
    report = make_report(lake, run.store, ReportScope(run.run_id), reference_pictures)
    write_page(report, out_path)
    return report


def write_page(report: Report, out_path: Path, mark: str | None = None) -> None:
    """``mark``: by which the file is known to be this page. Raises StoreFull, StoreUnreachable."""
    template = report_template("lfr_batch.results", page_filters())
    save_report(out_path, template.generate({**report.context, "mark": mark}))


def make_report(
    lake: Lake,
    store: Store,
    asked: ReportScope,
    reference_pictures: ReferencePictures | None = None,
) -> Report:
    """All that the page needs, read from the lake; ``store`` is its root.

    Raises RunNotFound, and QueryError for a case without a run and a person who was never seen:
    an empty page would read as "nobody".
    """
    runs = _runs(lake, store, asked)
    run_ids = tuple(run["run_id"] for run in runs)
    per_person = MAX_SIGHTINGS if asked.subject_id else MAX_OF_PERSON
    rows = report_rows.people_sighted(lake, run_ids, asked, per_person)
    if asked.subject_id is not None:
        runs = _of_person(lake, runs, rows, asked)
        run_ids = tuple(run["run_id"] for run in runs)
    by_run = {run["run_id"]: run for run in runs}
    segments = report_rows.segments_of(lake, run_ids)
    footage = _footage(report_rows.footage_of(lake, run_ids), _by_footage(segments))
    rows = [{**row, "zone": by_run[row["run_id"]]["zone"]} for row in rows]
    shown = _shown(lake, rows, {_key(f): f["part"] for f in footage})
    context = {
        "asked": asked,
        "runs": runs[-MAX_RUNS:],
        "runs_in_all": len(runs),
        "run": runs[0] if len(runs) == 1 else None,
        "unfinished": [run for run in runs if run["status"] not in FINISHED],
        "gaps": [(run, gap) for run in runs for gap in run["gaps"] or ()],
        **_sighted(lake, asked, run_ids, rows, shown),
        **_references(by_run, shown, reference_pictures),
        **_searched(footage),
        **_timelines(lake, asked, runs, footage, segments),
        "refusals": _refusals(segments),
        "now": datetime.now(UTC),
    }
    return Report(context, run_ids, len(shown), tuple(_notes(runs, footage)))


def _runs(lake: Lake, store: Store, asked: ReportScope) -> list[Row]:
    """With the status that people are shown, and the zone of its clocks."""
    rows = report_rows.runs_asked(lake, asked)
    if not rows and asked.run_id is not None:
        raise not_found(StoredRun(store, asked.run_id))
    if not rows and asked.case_ref is not None:
        raise QueryError(f"there is no run of case {asked.case_ref}; `lfr runs` lists them")
    return [
        {
            **row,
            "status": shown_status(StoredRun(store, row["run_id"]), row["status"]),
            "zone": zone_of_run(row["config"]),
        }
        for row in rows
    ]


def _of_person(
    lake: Lake, runs: Sequence[Row], rows: Sequence[Row], asked: ReportScope
) -> list[Row]:
    """Of a case all its runs; else those that have the person, be it in a copy."""
    if not rows:
        where = f"run {asked.run_id}" if asked.run_id else asked.case_ref or "any finished run"
        raise QueryError(
            f"nobody called {asked.subject_id} was seen in {where}; `lfr sql --ask subjects` "
            "lists who was"
        )
    if asked.case_ref is not None or asked.run_id is not None:
        return list(runs)
    seen_in = report_rows.runs_with(lake, asked)
    return [run for run in runs if run["run_id"] in seen_in]


def _key(row: Row) -> tuple[str, str]:
    return row["run_id"], row["footage_id"]


def _footage(rows: Sequence[Row], segments: Mapping[Any, Sequence[Row]]) -> list[Row]:
    """The rows, each with what became of it, and which part of its file it is."""
    found: list[Row] = []
    for _, of_run in groupby(rows, key=lambda row: row["run_id"]):
        files = list(of_run)
        parts = searched.parts(files)
        found += [
            {
                **row,
                "outcome": searched.outcome(row, segments[_key(row)]),
                "looked_at": searched.was_looked_at(row),
                "part": parts.get(row["footage_id"], ""),
            }
            for row in files
        ]
    return found


def _shown(lake: Lake, rows: Sequence[Row], parts: Mapping[tuple[str, str], str]) -> list[Row]:
    """Everybody's strongest before anybody's second, as many as there is room for."""
    ranked = [
        {**row, "nth": nth}
        for _, of_person in groupby(rows, key=_person)
        for nth, row in enumerate(of_person)
    ]
    kept = sorted(ranked, key=lambda row: (row["nth"], -row["score"], row["sighting_id"]))
    keys = kept[:MAX_SIGHTINGS]
    jpegs = report_rows.evidence_of(lake, keys)
    proposed: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for candidate in report_rows.candidates_of(lake, keys):
        proposed[candidate["run_id"], candidate["sighting_id"]].append(candidate)
    chosen = {(row["run_id"], row["sighting_id"]) for row in keys}
    return [
        {
            **row,
            "jpeg": jpegs.get(key),
            "candidates": proposed[key],
            "part": searched.place(parts.get(_key(row), ""), row["picture"], row["pictures"]),
        }
        for row in ranked
        if (key := (row["run_id"], row["sighting_id"])) in chosen
    ]


def _person(row: Row) -> tuple[str, str]:
    return row["gallery"], row["subject_id"]


def _sighted(
    lake: Lake,
    asked: ReportScope,
    run_ids: Sequence[str],
    rows: Sequence[Row],
    shown: Sequence[Row],
) -> dict[str, Any]:
    in_all = int(rows[0]["in_all"]) if rows else 0
    by_person: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in shown:
        by_person[_person(row)].append(row)
    heads = {_person(row): row for row in reversed(rows)}
    people = [{**heads[p], "shown": by_person[p]} for p in dict.fromkeys(map(_person, rows))]
    dated = sorted(shown, key=_when)
    return {
        "people": people,
        "people_in_all": int(rows[0]["people"]) if rows else 0,
        "galleries": len({gallery for gallery, _ in heads}),
        "sightings": shown,
        "sightings_in_all": in_all,
        "copies": report_rows.sighted_in_all(lake, run_ids, asked) - in_all,
        "place_in_time": {(s["run_id"], s["sighting_id"]): n for n, s in enumerate(dated)},
        "days": list(_days(dated)),
    }


def _when(row: Row) -> tuple[bool, float, str, float, str]:
    """By the wall clock, then what has none, by file and media time."""
    start = row["start_utc"]
    seconds = start.timestamp() if start else 0.0
    return start is None, seconds, row["uri"], row["start_s"], row["sighting_id"]


def _days(dated: Sequence[Row]) -> Iterator[tuple[int, datetime | None, tzinfo]]:
    """Before which of them a new day begins, as their clocks have it."""
    before: object = ()
    for number, row in enumerate(dated):
        start, zone = row["start_utc"], row["zone"]
        date = start.astimezone(zone).date() if start else None
        if date != before:
            yield number, start, zone
        before = date


def _references(
    runs: Mapping[str, Row], shown: Sequence[Row], reference_pictures: ReferencePictures | None
) -> dict[str, Any]:
    """Data URIs of the enrolled pictures, each once however often it is shown.

    A picture's id is of its bytes: the newest of the snapshots that has it serves for all.
    """
    found: dict[tuple[str, str], str] = {}
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for sighting in shown:
        wanted[sighting["gallery"]].update(c["image_id"] for c in sighting["candidates"])
    for gallery, snapshot in _snapshots(runs, shown):
        ids = sorted(i for i in wanted[gallery] if (gallery, i) not in found)
        if reference_pictures is not None and ids:
            pictures = reference_pictures(gallery, snapshot, ids)
            found |= {(gallery, i): data_uri(picture) for i, picture in pictures.items()}
    names = sorted(found)
    return {
        "references": {name: n for n, name in enumerate(names)},
        "pictures": [found[name] for name in names],
    }


def _snapshots(runs: Mapping[str, Row], shown: Sequence[Row]) -> list[tuple[str, str]]:
    """Of the runs that found them, newest first."""
    of = sorted({s["run_id"] for s in shown}, key=lambda r: (runs[r]["started_at"], r))
    each = ((runs[r]["gallery"], runs[r]["gallery_snapshot"]) for r in reversed(of))
    return list(dict.fromkeys(each))


def _searched(footage: Sequence[Row]) -> dict[str, Any]:
    lacking = [f for f in footage if f["outcome"] != "ok" or not f["looked_at"]]
    quiet = [f for f in footage if _is_quiet(f)]
    return {
        "not_searched": lacking[:MAX_FILES],
        "not_searched_in_all": len(lacking),
        "lacking": searched.lacking(_apart(footage)),
        "said": searched.SAID,
        "quiet": quiet[:MAX_FILES],
        "quiet_in_all": len(quiet),
        "coverage": _coverage(footage),
    }


def _is_quiet(file: Row) -> bool:
    return file["outcome"] == "ok" and file["looked_at"] and not file["sightings"]


def _apart(footage: Sequence[Row]) -> list[Row]:
    """A file that two runs searched is two, to be counted."""
    return [{**f, "uri": f"{f['run_id']} {f['uri']}"} for f in footage]


def _coverage(footage: Sequence[Row]) -> dict[str, Any]:
    """Never more is searched than there is: a header may state less, or more than can be."""
    names = ("searched_s", "frames_analysed", "faces_detected", "faces_rejected")
    files = searched.by_file(_apart(footage))
    endless = {(f["run_id"], f["uri"]) for f in footage if _is_endless(f)}
    return {
        **{name: sum(f[name] or 0 for f in footage) for name in names},
        "whole_s": sum(max(f["length_s"] or 0.0, f["searched_s"] or 0.0) for f in footage),
        "unknown_length": len(endless),
        "files": len(files),
        "ok": sum(searched.is_whole(rows) for rows in files.values()),
        "any": any(f["looked_at"] for f in footage),
    }


def _is_endless(file: Row) -> bool:
    return file["kind"] == "video" and file["length_s"] is None


def _timelines(
    lake: Lake,
    asked: ReportScope,
    runs: Sequence[Row],
    footage: Sequence[Row],
    segments: Sequence[Row],
) -> dict[str, Any]:
    """Of the files of one run in which somebody was seen or something was not searched."""
    if len(runs) != 1:
        return {"timelines": [], "timelines_in_all": 0}
    (run,) = runs
    pieces = _by_footage(segments)
    worth = [f for f in footage if f["sightings"] or (pieces[_key(f)] and f["outcome"] != "ok")]
    strongest = sorted(worth, key=lambda f: -(f["sightings"] or 0))[:MAX_TIMELINES]
    chosen = set(map(_key, strongest))
    drawn = [f for f in worth if _key(f) in chosen]
    about = ReportScope(run["run_id"], subject_id=asked.subject_id)
    ids = [f["footage_id"] for f in drawn]
    seen = _by_footage(
        {**s, "run_id": run["run_id"]} for s in report_rows.seen_in(lake, about, ids, MAX_SEEN)
    )
    return {
        "timelines": [_timeline(f, pieces[_key(f)], seen[_key(f)], run["zone"]) for f in drawn],
        "timelines_in_all": len(worth),
    }


def _timeline(file: Row, pieces: Sequence[Row], seen: Sequence[Row], zone: tzinfo) -> Row:
    placed = [{**s, "picture": searched.place("", s["picture"], file["pictures"])} for s in seen]
    return {**file, "timeline": timeline(file, pieces, seen), "seen": placed, "zone": zone}


def _by_footage(rows: Any) -> defaultdict[tuple[str, str], list[Row]]:
    grouped: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[_key(row)].append(row)
    return grouped


def _refusals(segments: Sequence[Row]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for segment in segments:
        counts.update(dict(segment["rejections"] or ()))
    return counts.most_common()


_BECAME = {"failed": "failed", "cancelled": "was cancelled", "interrupted": "was interrupted"}


def _notes(runs: Sequence[Row], footage: Sequence[Row]) -> Iterator[str]:
    """Where nobody looked, nobody can be ruled out: also said to whoever only reads a terminal."""
    looked_at = {f["run_id"] for f in footage if f["looked_at"]}
    for run in runs:
        run_id, status = run["run_id"], run["status"]
        if status not in FINISHED:
            error = f": {run['error']}" if run["error"] else ""
            became = _BECAME.get(status, f"is {status}")
            yield f"run {run_id} {became}{error}; what it would find is not in the report"
        elif run_id not in looked_at:
            yield f"nothing of run {run_id} was searched, so nobody can be ruled out in it"
