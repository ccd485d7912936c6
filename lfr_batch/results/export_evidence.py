"""Evidence as pictures for people and other programs: a JPEG for each sighting, and a manifest.

The pictures are those of the lake to the byte, with one segment of metadata more (``jpeg_xmp``).
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, TextIO

from lfr_batch.results.answers import Row, rows_of
from lfr_batch.results.csv_text import csv_text
from lfr_batch.results.export_files import Provenance
from lfr_batch.results.export_rows import PICTURES_BATCH_ROWS
from lfr_batch.results.jpeg_xmp import with_xmp
from lfr_batch.results.local_time import zone_of_run
from lfr_batch.results.report_page import clock, file_name
from lfr_batch.results.sql import Lake, parts_explained, run_query
from lfr_batch.results.views import quoted
from lfr_batch.storage.files import own

MANIFEST_CSV, MANIFEST_JSON = "manifest.csv", "manifest.json"
COLUMNS = (
    "file", "file_sha256", "evidence_sha256", "width", "height", "run_id", "case_ref", "authority",
    "purpose", "operator", "subject_id", "image_id", "score", "threshold", "margin", "gallery",
    "gallery_snapshot", "model_pack", "footage_uri", "footage_sha256", "footage_content_id",
    "stream", "recording", "picture", "camera_id", "site", "media_s", "taken_utc", "taken_local",
    "time_source", "box_left", "box_top", "box_right", "box_bottom", "quality", "sighting_id",
    "footage_id", "software_version",
)  # fmt: skip
_NAMED_BYTES = 60
"""Of each part of a file's name."""
_WHAT_IT_IS = "A candidate proposed by a computer from likeness alone, not an identification."

_SHOTS = "SELECT sighting_id, jpeg FROM best_shots WHERE run_id = {run} AND jpeg IS NOT NULL"
_SIGHTINGS = """
SELECT
  r.run_id, r.case_ref, r.authority, r.purpose, r.operator, r.gallery, r.gallery_snapshot,
  r.model_pack, r.software_version, r.config, s.sighting_id, s.footage_id, s.subject_id,
  s.image_id, s.score, s.threshold, s.margin, s.quality, s.camera_id, s.best_s AS media_s,
  s.best_utc AS taken_utc, s.picture, s.box, coalesce(s.start_source, 'none') AS time_source,
  f.uri AS footage_uri, f.sha256 AS footage_sha256, f.content_id AS footage_content_id, f.stream,
  f.recording, f.site, f.kind, b.width, b.height
FROM runs r
JOIN sightings s ON s.run_id = r.run_id
JOIN footage f ON f.run_id = s.run_id AND f.footage_id = s.footage_id
JOIN (SELECT sighting_id, width, height FROM best_shots WHERE run_id = {run}) b
  ON b.sighting_id = s.sighting_id
WHERE r.run_id = {run} AND s.run_id = {run} AND f.run_id = {run}
  AND s.sighting_id IN ({sightings})
"""


def write_evidence(
    folder: Path,
    pictures: Lake,
    facts: Lake,
    run_ids: Sequence[str],
    provenance: Provenance,
) -> int:
    """Fill ``folder``: a picture for each sighting of these runs, ``manifest.csv`` for people and
    ``manifest.json`` for programs. How many pictures there are.

    ``pictures`` and ``facts`` are the same lake, opened twice: the one is read from start to end
    while the other is asked. Raises ResultsError for a damaged part, OSError.
    """
    written = 0
    with (
        _new(folder / MANIFEST_CSV) as table,
        _new(folder / MANIFEST_JSON) as document,
    ):
        table.write(csv_text([COLUMNS]))
        document.write(f'{{"export": {json.dumps(provenance, ensure_ascii=False)},\n"pictures": [')
        for row, jpeg in _evidence(pictures, facts, run_ids):
            entry = _save(folder, row, jpeg)
            table.write(csv_text([[entry[name] for name in COLUMNS]]))
            document.write(",\n" if written else "\n")
            document.write(json.dumps(entry, ensure_ascii=False))
            written += 1
        document.write("\n]}\n")
    return written


def is_evidence(folder: Path) -> bool:
    """Whether it was written here: by the first line of its manifest."""
    try:
        with (folder / MANIFEST_CSV).open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file), []) == list(COLUMNS)
    except (OSError, UnicodeDecodeError):
        return False


def _evidence(pictures: Lake, facts: Lake, run_ids: Sequence[str]) -> Iterator[tuple[Row, bytes]]:
    for run_id in run_ids:
        with parts_explained():
            shots = pictures.connection.sql(_SHOTS.format(run=quoted(run_id)))
            for batch in shots.to_arrow_reader(PICTURES_BATCH_ROWS):
                jpegs = dict(zip(*(c.to_pylist() for c in batch.columns), strict=True))
                for row in _facts(facts, run_id, list(jpegs)):
                    yield row, jpegs[row["sighting_id"]]


def _facts(lake: Lake, run_id: str, sightings: Sequence[str]) -> list[Row]:
    asked = _SIGHTINGS.format(run=quoted(run_id), sightings=", ".join(map(quoted, sightings)))
    return rows_of(run_query(lake, asked))


def _save(folder: Path, row: Row, jpeg: bytes) -> dict[str, Any]:
    """One picture; its line of the manifest."""
    zone = zone_of_run(row["config"])
    name = name_of(row, zone)
    known = {column: row.get(column) for column in COLUMNS}
    entry: dict[str, Any] = {**known, **_box(row["box"]), **_taken(row, zone), "file": name}
    entry["evidence_sha256"] = hashlib.sha256(jpeg).hexdigest()
    told = {column: entry[column] for column in COLUMNS if not column.startswith("file")}
    data = with_xmp(jpeg, _description(row), told, entry["taken_local"])
    entry["file_sha256"] = hashlib.sha256(data).hexdigest()
    with open(folder / name, "xb", opener=own) as file:
        file.write(data)
    return entry


def name_of(row: Mapping[str, Any], zone: tzinfo = UTC) -> str:
    """``S029_CAM-1_2026-01-30_23-00-16_0.781_1f2e3d4c5b6a.jpg``: who, which camera or file, when,
    how alike; the last part tells pictures apart that share all of these."""
    taken: datetime | None = row["taken_utc"]
    still = row["kind"] == "still"
    if taken is not None:
        when = f"{taken.astimezone(zone):%Y-%m-%d_%H-%M-%S}"
    else:
        when = f"picture-{row['picture'] or 1}" if still else f"at-{clock(row['media_s'])}"
    key = f"{row['run_id']}/{row['sighting_id']}"
    parts = (
        row["subject_id"], row["camera_id"] or file_name(row["footage_uri"]), when,
        f"{row['score']:.3f}", hashlib.sha256(key.encode()).hexdigest()[:12],
    )  # fmt: skip
    return "_".join(map(_plain, parts)) + ".jpg"


def _plain(text: str) -> str:
    """What every file system takes; not hidden, and not too long."""
    kept = "".join(char if char.isalnum() or char in "-._" else "-" for char in text)
    return kept.encode()[:_NAMED_BYTES].decode(errors="ignore").strip("-._") or "-"


def _box(box: Any) -> dict[str, float | None]:
    """A list of left, top, right, bottom, or a record of them; pixels of the upright picture."""
    sides = ("left", "top", "right", "bottom")
    if box is None:
        return {f"box_{side}": None for side in sides}
    values = [box[side] for side in sides] if isinstance(box, Mapping) else box
    return {f"box_{side}": value for side, value in zip(sides, values, strict=True)}


def _taken(row: Row, zone: tzinfo) -> dict[str, str | None]:
    taken: datetime | None = row["taken_utc"]
    return {
        "taken_utc": taken.isoformat() if taken else None,
        "taken_local": taken.astimezone(zone).isoformat() if taken else None,
    }


def _description(row: Row) -> str:
    return (
        f"Candidate {row['subject_id']}, score {row['score']:.3f}, threshold "
        f"{row['threshold']:.3f}, in {file_name(row['footage_uri'])}. {_WHAT_IT_IS}"
    )


def _new(path: Path) -> TextIO:
    return open(path, "x", encoding="utf-8", newline="", opener=own)
