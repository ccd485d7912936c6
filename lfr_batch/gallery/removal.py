"""What leaves a gallery for good: snapshots, and the templates that no snapshot names any more.

Call all of this under nobody's lock: it takes the gallery's own.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.gallery import calibrated, compared, confirmed
from lfr_batch.gallery.close_pairs import on_processors
from lfr_batch.gallery.exact_scores import Rows
from lfr_batch.gallery.folders import FORGOTTEN, gallery_folder, snapshot_folders
from lfr_batch.gallery.growing import publish_grown
from lfr_batch.gallery.growth import Grown, grown_rows
from lfr_batch.gallery.manifest import Manifest, SegmentEntry
from lfr_batch.gallery.new_pairs import compare_new
from lfr_batch.gallery.records import Snapshot, SnapshotInfo
from lfr_batch.gallery.segments import part_of, sweep_segments, write_segment
from lfr_batch.gallery.snapshot_files import (
    SEGMENTS,
    read_manifest,
    read_outcomes,
    read_subject_table,
    rows_of,
    write_manifest,
    write_rows,
)
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.records import BoolArray
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.files import TEMPORARY, sync, write_text
from lfr_batch.storage.folders import make_own_folder, sweep
from lfr_batch.storage.locks import exclusive


@dataclass(frozen=True, slots=True)
class Holding:
    """What a snapshot has of some subjects."""

    snapshot_id: str
    templates: int
    subjects: tuple[str, ...]
    """Which of them it names: with a template, a refused picture, or neither."""


def holding(home: Path, name: str, subject_ids: Collection[str]) -> list[Holding]:
    """The snapshots that have something of the subjects. Raises GalleryNotFound, GalleryDamaged."""
    found = []
    for path in snapshot_folders(home, name):
        snapshot = load_snapshot(home, name, path.name, verify=False)
        theirs = _rows_of(snapshot, subject_ids)
        table = read_subject_table(snapshot.subjects_path)["subject_id"]
        wanted = pa.array(list(subject_ids), pa.string())
        named = {*table.filter(pc.is_in(table, wanted)).to_pylist()}
        named |= {each.subject_id for each in read_outcomes(path)} & {*subject_ids}
        named |= {snapshot.subject_ids[row] for row in theirs.tolist()}
        if named:
            found.append(Holding(path.name, len(theirs), tuple(sorted(named))))
    return found


def _rows_of(snapshot: Snapshot, subject_ids: Collection[str]) -> Rows:
    wanted = pa.array(list(subject_ids), pa.large_string())
    column = pa.array(snapshot.subject_ids, pa.large_string())
    return np.flatnonzero(pc.is_in(column, wanted).to_numpy(zero_copy_only=False))


def publish_without(
    home: Path,
    name: str,
    subject_ids: Collection[str],
    case_ref: str,
    authority: str,
    now: datetime,
) -> SnapshotInfo:
    """The current snapshot without some subjects becomes the current one. Raises GalleryEmpty."""
    base = load_snapshot(home, name)
    table = read_subject_table(base.subjects_path)
    gone = pc.is_in(table["subject_id"], pa.array(list(subject_ids), pa.string()))
    kept = np.setdiff1d(np.arange(len(base.templates)), _rows_of(base, subject_ids))
    grown = Grown(
        base=base,
        kept=kept,
        faces=(),
        not_enrolled=[o for o in read_outcomes(base.path) if o.subject_id not in subject_ids],
        subjects=table.filter(pc.invert(gone)),
        case_ref=case_ref,
        authority=authority,
        created_utc=now,
        ages=base.ages,
        accepts_children=base.accepts_children,
    )
    pairs = compared.read_pairs(base.path)
    if pairs is None:
        return publish_grown(home, name, grown)
    rows = grown_rows(base, kept, ())
    left, _ = compare_new(base, rows, rows.sources, pairs, pairs[1], on_processors)
    return publish_grown(home, name, grown, (left, pairs[1]))


def drop_snapshots(
    home: Path, name: str, snapshot_ids: Iterable[str], said: Mapping[str, str] | None = None
) -> int:
    """Remove snapshots, and all that is kept of them. Returns the bytes that went with them.

    ``said``: what is noted of each, for whoever asks for it afterwards, since it is gone for the
    sake of somebody in it.
    """
    folder, size = gallery_folder(home, name), 0
    with disk_errors(folder), exclusive(folder / ".lock"):
        for snapshot_id in snapshot_ids:
            path = folder / "snapshots" / snapshot_id
            if said is not None:
                note = folder / FORGOTTEN / f"{snapshot_id}.json"
                make_own_folder(note.parent)
                write_text(note, json.dumps(said, indent=1, ensure_ascii=False) + "\n")
            if path.exists():
                leaving = path.with_name(f"{TEMPORARY}leaving-{snapshot_id}")
                path.rename(leaving)
                sync(path.parent)
                size += _bytes_in(leaving)
                shutil.rmtree(leaving)
        sweep(folder / "snapshots")
        _sweep_notes(home, name)
    return size


def _bytes_in(folder: Path) -> int:
    """Of files that have no other name."""
    stats = (path.stat() for path in folder.rglob("*") if path.is_file())
    return sum(stat.st_size for stat in stats if stat.st_nlink == 1)


def _sweep_notes(home: Path, name: str) -> None:
    """What is kept of snapshots that are not there."""
    folder = gallery_folder(home, name)
    there = {path.name for path in snapshot_folders(home, name)}
    for place in (compared.FOLDER, confirmed.FOLDER, calibrated.FOLDER):
        for path in [*(folder / place).glob("*")]:
            if path.name.partition(".")[0] not in there:
                path.unlink()
    there |= {path.name[:12] for path in (folder / SEGMENTS).glob("*")}
    for path in [*(home / "cache" / "verified").glob(f"{name}-????????????.json")]:
        if path.stem.removeprefix(f"{name}-") not in there:
            path.unlink(missing_ok=True)


def tidy(home: Path, name: str) -> int:
    """Every segment holds what a snapshot names and nothing else, and what none names is gone.

    Segments that hold more are written anew, and the snapshots that share them say so from then on;
    their rows and ids stay. Whoever is killed meanwhile leaves snapshots that are whole, and a next
    call ends it. Returns the bytes that were removed. Raises GalleryDamaged, StoreError.
    """
    folder = gallery_folder(home, name)
    with disk_errors(folder), exclusive(folder / ".lock"):
        paths = snapshot_folders(home, name)
        manifests = {path: read_manifest(path) for path in paths}
        live = _live(manifests)
        anew = {
            segment: _written_anew(folder / SEGMENTS, segment, mask, manifest.dimension)
            for manifest in manifests.values()
            for segment, mask in live.items()
            if segment in manifest.segments and not mask.all()
        }
        for path, manifest in manifests.items():
            if any(segment in anew for segment in manifest.segments):
                _point_to(path, manifest, anew, live)
        return sum(sweep_segments(folder, paths).values())


def _live(manifests: Mapping[Path, Manifest]) -> dict[SegmentEntry, BoolArray]:
    """Of each segment, the rows that a snapshot names."""
    live: dict[SegmentEntry, BoolArray] = {}
    for path, manifest in manifests.items():
        rows = rows_of(path, manifest)
        if rows is None:
            continue
        for segment, start in _starts(manifest.segments):
            mask = live.setdefault(segment, np.zeros(segment.templates, np.bool_))
            mask[rows[(rows >= start) & (rows < start + segment.templates)] - start] = True
    return live


def _starts(segments: Sequence[SegmentEntry]) -> list[tuple[SegmentEntry, int]]:
    ends = np.cumsum([each.templates for each in segments]).tolist()
    return [(each, end - each.templates) for each, end in zip(segments, ends, strict=True)]


def _written_anew(
    folder: Path, segment: SegmentEntry, mask: BoolArray, dimension: int
) -> SegmentEntry | None:
    """None where nobody names any of it."""
    if not mask.any():
        return None
    return write_segment(folder, [(part_of(folder, segment), mask)], (), dimension)


def _point_to(
    path: Path,
    manifest: Manifest,
    anew: Mapping[SegmentEntry, SegmentEntry | None],
    live: Mapping[SegmentEntry, BoolArray],
) -> None:
    """The manifest is the switch: what it names is there before it, and goes after it."""
    rows = rows_of(path, manifest)
    assert rows is not None, "only a snapshot with segments is pointed to others"
    moved = np.array(rows)
    segments: list[SegmentEntry] = []
    begin = 0
    for segment, start in _starts(manifest.segments):
        after = anew.get(segment, segment)
        inside = (rows >= start) & (rows < start + segment.templates)
        places = np.cumsum(live[segment]) - 1 if segment in anew else np.arange(segment.templates)
        moved[inside] = begin + places[rows[inside] - start]
        if after is not None:
            segments.append(after)
            begin += after.templates
    name = write_rows(path, moved)
    old = [file for file in manifest.files if file.startswith("rows-")]
    files = [*(file for file in manifest.files if file not in old), name]
    write_manifest(path, manifest.model_copy(update={"segments": tuple(segments)}), files)
    for file in old:
        if file != name:
            (path / file).unlink()
