"""The report of a run: one HTML file with everything in it, for the officer who decides."""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2

from lfr_batch.results import searched
from lfr_batch.results.run_state import not_found
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.status import shown_status
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.timeline import timeline
from lfr_batch.storage.disk_errors import WayOut, disk_errors
from lfr_batch.storage.files import write_whole
from lfr_batch.visible import visible

MAX_SIGHTINGS = 300
"""The strongest are shown; the report says how many there are."""

Row = dict[str, Any]
ReferencePictures = Callable[[str, str, Sequence[str]], Mapping[str, bytes]]
"""(gallery, snapshot, image ids) → the enrolled pictures that are still there, encoded."""

_STRONGEST = """
SELECT s.* REPLACE (coalesce(s.start_source, f.start_source, 'none') AS start_source),
  f.uri, f.site, f.kind, f.notes, f.pictures, b.jpeg, b.mime
FROM sightings s
JOIN footage f USING (run_id, footage_id)
LEFT JOIN best_shots b USING (run_id, sighting_id)
WHERE s.run_id = $run_id
ORDER BY s.score DESC, s.sighting_id LIMIT $most
"""
_CANDIDATES = """
SELECT * FROM candidates WHERE run_id = $run_id AND sighting_id IN (
  SELECT sighting_id FROM sightings WHERE run_id = $run_id
  ORDER BY score DESC, sighting_id LIMIT $most)
ORDER BY sighting_id, rank
"""
_WHEN_AND_WHO = """
SELECT footage_id, subject_id, score, start_s, end_s, picture FROM sightings
WHERE run_id = $run_id ORDER BY footage_id, start_s, picture, sighting_id
"""
_FOOTAGE = """
SELECT *, known_length_s(duration_s, bytes) AS length_s FROM footage
WHERE run_id = $run_id ORDER BY uri, stream, recording, footage_id
"""
_OF_RUN = "SELECT * FROM {} WHERE run_id = $run_id"
_TIME_SOURCES = {
    "manifest": "by the manifest",
    "filename": "by the file's name",
    "container": "by the container, which is often the time of an export",
    "none": "no source of the time",
}
_MAGIC = ((b"\x89PNG", "image/png"), (b"RIFF", "image/webp"), (b"BM", "image/bmp"))


def write_report(
    lake: Lake,
    run: StoredRun,
    out_path: Path,
    reference_pictures: ReferencePictures | None = None,
) -> None:
    """Write the report; ``lake`` is of ``open_lake`` on the run's root.

    Raises RunNotFound, and StoreFull or StoreUnreachable if ``out_path`` cannot be written.
    """
    rows = _select(lake, _OF_RUN.format("runs"), run.run_id)
    if not rows:
        raise not_found(run)
    row = {**rows[0], "status": shown_status(run, rows[0]["status"])}
    context = report_context(lake, row, reference_pictures)
    save_report(out_path, _template().generate(context))


def report_context(
    lake: Lake,
    run: Row,
    reference_pictures: ReferencePictures | None,
) -> dict[str, Any]:
    """What the template shows, by name."""
    run_id = run["run_id"]
    segments = _select(lake, _OF_RUN.format("segments") + " ORDER BY start_s", run_id)
    footage = _footage(lake, run_id, _by_footage(segments))
    part_of = {f["footage_id"]: f["part"] for f in footage}
    shown = [
        {**s, "part": searched.place(part_of[s["footage_id"]], s["picture"], s["pictures"])}
        for s in _with_candidates(lake, run_id)
    ]
    everywhere = _select(lake, _WHEN_AND_WHO, run_id)
    pictures = _references(run, shown, reference_pictures)
    return {
        "run": run,
        "sightings": shown,
        "sightings_in_all": len(everywhere),
        "references": {image_id: n for n, image_id in enumerate(sorted(pictures))},
        "pictures": [pictures[image_id] for image_id in sorted(pictures)],
        "not_searched": [f for f in footage if f["outcome"] != "ok" or not f["looked_at"]],
        "lacking": searched.lacking(footage),
        "said": searched.SAID,
        "timelines": _timelines(footage, segments, everywhere),
        "quiet": [f for f in footage if _is_quiet(f)],
        "coverage": _coverage(footage),
        "refusals": _refusals(segments),
    }


def _footage(lake: Lake, run_id: str, segments: Mapping[str, Sequence[Row]]) -> list[Row]:
    """The rows, each with what became of it, and which part of its file it is."""
    rows = _select(lake, _FOOTAGE, run_id)
    parts = searched.parts(rows)
    return [
        {
            **row,
            "outcome": searched.outcome(row, segments[row["footage_id"]]),
            "looked_at": searched.was_looked_at(row),
            "part": parts.get(row["footage_id"], ""),
        }
        for row in rows
    ]


def _is_quiet(file: Row) -> bool:
    return file["outcome"] == "ok" and file["looked_at"] and not file["sightings"]


def data_uri(picture: bytes) -> str:
    """A picture as a URL that needs no other file; JPEG unless it says otherwise."""
    mime = next((m for magic, m in _MAGIC if picture.startswith(magic)), "image/jpeg")
    return f"data:{mime};base64,{base64.b64encode(picture).decode()}"


def clock(time_s: float | None) -> str:
    """Media time as h:mm:ss.d."""
    if time_s is None:
        return "unknown"
    tenths = round(time_s * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest // 10:02d}.{rest % 10}"


def percent(share: float) -> str:
    """Of what was not looked at: nothing only where it is nothing."""
    return "less than 1 %" if 0 < share < 0.01 else f"{share * 100:.0f} %"


def moment(time: datetime | None) -> str:
    return time.strftime("%a %d %b %Y, %H:%M:%S UTC") if time else "not known"


def time_source(source: str | None) -> str:
    """Where a wall-clock time comes from, in words."""
    return _TIME_SOURCES.get(source or "none", f"by {source}")


def _select(lake: Lake, sql: str, run_id: str) -> list[Row]:
    given = {"run_id": run_id, "most": MAX_SIGHTINGS}
    rows: list[Row] = run_query(lake, sql, given).to_pylist()
    return rows


def _with_candidates(lake: Lake, run_id: str) -> list[Row]:
    proposed: defaultdict[str, list[Row]] = defaultdict(list)
    for candidate in _select(lake, _CANDIDATES, run_id):
        proposed[candidate["sighting_id"]].append(candidate)
    strongest = _select(lake, _STRONGEST, run_id)
    return [{**s, "candidates": proposed[s["sighting_id"]]} for s in strongest]


def _references(
    run: Row, sightings: Sequence[Row], reference_pictures: ReferencePictures | None
) -> dict[str, str]:
    """Data URIs of the enrolled pictures, each once however often it is shown."""
    if reference_pictures is None:
        return {}
    wanted = sorted({c["image_id"] for s in sightings for c in s["candidates"]})
    found = reference_pictures(run["gallery"], run["gallery_snapshot"], wanted) if wanted else {}
    return {image_id: data_uri(picture) for image_id, picture in found.items()}


def _timelines(
    footage: Sequence[Row], segments: Sequence[Row], sightings: Sequence[Row]
) -> list[Row]:
    """Of the files in which somebody was seen or something was not searched."""
    of_file = _by_footage(segments), _by_footage(sightings)
    shown = []
    for file in footage:
        pieces, seen = (group[file["footage_id"]] for group in of_file)
        if seen or (pieces and file["outcome"] != "ok"):
            placed = [
                {**s, "picture": searched.place("", s["picture"], file["pictures"])} for s in seen
            ]
            shown.append({**file, "timeline": timeline(file, pieces, seen), "seen": placed})
    return shown


def _by_footage(rows: Sequence[Row]) -> defaultdict[str, list[Row]]:
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["footage_id"]].append(row)
    return grouped


def _coverage(footage: Sequence[Row]) -> dict[str, float]:
    """Never more is searched than there is: a header may state less, or more than can be."""
    names = ("searched_s", "frames_analysed", "faces_detected", "faces_rejected")
    files = searched.by_file(footage)
    endless = {f["uri"] for f in footage if f["kind"] == "video" and f["length_s"] is None}
    return {
        **{name: sum(f[name] or 0 for f in footage) for name in names},
        "whole_s": sum(max(f["length_s"] or 0.0, f["searched_s"] or 0.0) for f in footage),
        "unknown_length": len(endless),
        "files": len(files),
        "ok": sum(searched.is_whole(rows) for rows in files.values()),
        "any": any(f["looked_at"] for f in footage),
    }


def _refusals(segments: Sequence[Row]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for segment in segments:
        counts.update(dict(segment["rejections"] or ()))
    return counts.most_common()


def _template() -> jinja2.Template:
    filters: dict[str, Callable[..., Any]] = {
        "data_uri": data_uri,
        "clock": clock,
        "moment": moment,
        "percent": percent,
        "time_source": time_source,
    }
    return report_template("lfr_batch.results", filters)


def report_template(package: str, filters: Mapping[str, Callable[..., Any]]) -> jinja2.Template:
    """The report in a package's templates: everything escaped, nothing undefined, and whatever
    does not show (direction marks, control characters) made visible."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment.get_template("report.html.j2")


def _shown(value: Any) -> Any:
    """Of what a template is given; what a macro has made is markup already."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def save_report(out_path: Path, pieces: Iterable[str]) -> None:
    """All of a report or nothing of it, readable by its owner alone.

    Raises StoreFull, StoreUnreachable.
    """
    elsewhere = "name another file with --out"
    with (
        disk_errors(out_path, WayOut(f"free space or {elsewhere}", elsewhere)),
        write_whole(out_path) as file,
    ):
        file.writelines(piece.encode() for piece in pieces)
