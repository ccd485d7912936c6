"""Templates that the snapshots of a gallery share: ``segments/<sha256>`` beside CURRENT.

A segment is two files, never changed: its templates' rows as in ``templates.parquet``, and their
vectors as in ``index.faiss``. Call all of this under the gallery's lock.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from lfr_batch.errors import GalleryError
from lfr_batch.gallery import parquet_tables as tables
from lfr_batch.gallery.faiss_index import build_index, map_vectors, write_index
from lfr_batch.gallery.manifest import FileEntry, Manifest, SegmentEntry
from lfr_batch.gallery.records import EnrolledFace, SnapshotPart
from lfr_batch.gallery.snapshot_files import (
    INDEX,
    ROWS_AT_ONCE,
    SEGMENTS,
    TEMPLATES,
    entry_of,
    read_manifest,
    segments_folder,
    stacked_templates,
)
from lfr_batch.records import BoolArray, FloatArray
from lfr_batch.storage.files import OWN_FILE, OWN_FOLDER, TEMPORARY, sync
from lfr_batch.storage.folders import make_own_folder, sweep


def shared(folder: Path, manifest: Manifest) -> tuple[SegmentEntry, ...]:
    """The segments of a snapshot. The files of one that has them in its own folder get a second
    name for it, or are copied where the file system has no hard links."""
    if manifest.segments:
        return manifest.segments
    entry = SegmentEntry(
        templates=manifest.templates,
        faces=manifest.files[TEMPLATES],
        index=manifest.files[INDEX],
    )
    there = segments_folder(folder)
    make_own_folder(there)
    for source, name in zip((TEMPLATES, INDEX), entry.files, strict=True):
        if not (there / name).exists():
            _second_name(folder / source, there / name)
    sync(there)
    return (entry,)


def _second_name(source: Path, name: Path) -> None:
    try:
        name.hardlink_to(source)
    except OSError:
        building = name.with_name(f"{TEMPORARY}{name.name}")
        shutil.copyfile(source, building)
        building.chmod(OWN_FILE)
        sync(building)
        building.replace(name)


def write_segment(
    segments: Path,
    merged: Sequence[tuple[SnapshotPart, BoolArray]],
    faces: Sequence[EnrolledFace],
    dimension: int,
) -> SegmentEntry:
    """The templates of ``merged`` that are live, in their order, and then ``faces``.

    Rows go through memory group by group; the vectors are held once, in FAISS.
    """
    make_own_folder(segments)
    building = segments / f"{TEMPORARY}{secrets.token_hex(8)}"
    building.mkdir(OWN_FOLDER)
    rows = chain.from_iterable(
        tables.iterate_faces(part.templates_path, live) for part, live in merged
    )
    tables.write_faces(
        building / TEMPLATES, dimension, chain(rows, tables.face_tables(faces, dimension))
    )
    blocks = chain.from_iterable(_vectors(part, live, dimension) for part, live in merged)
    write_index(build_index(chain(blocks, stacked_templates(faces))), building / INDEX)
    entry = SegmentEntry(
        templates=sum(int(live.sum()) for _, live in merged) + len(faces),
        faces=entry_of(building / TEMPLATES),
        index=entry_of(building / INDEX),
    )
    for name, final in zip((TEMPLATES, INDEX), entry.files, strict=True):
        (building / name).chmod(OWN_FILE)
        sync(building / name)
        (building / name).replace(segments / final)
    building.rmdir()
    sync(segments)
    return entry


def _vectors(part: SnapshotPart, live: BoolArray, dimension: int) -> Iterator[FloatArray]:
    vectors = map_vectors(part.index_path, part.templates, dimension)
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        wanted = vectors[start : start + ROWS_AT_ONCE][live[start : start + ROWS_AT_ONCE]]
        if len(wanted):
            yield wanted


def sweep_segments(gallery: Path, snapshots: Iterable[Path]) -> dict[str, int]:
    """Remove the segments that none of the snapshots names: bytes by name.

    Nothing where one of them cannot be read: what it names is not known.
    """
    folder = gallery / SEGMENTS
    if not folder.is_dir():
        return {}
    sweep(folder)
    named: set[str] = set()
    try:
        for path in snapshots:
            named.update(name for each in read_manifest(path).segments for name in each.files)
    except GalleryError:
        return {}
    gone = {path: path.stat().st_size for path in folder.iterdir() if path.name not in named}
    for path in gone:
        path.unlink()
    sync(folder)
    return {path.name: size for path, size in gone.items()}


def part_of(segments: Path, entry: SegmentEntry) -> SnapshotPart:
    return SnapshotPart(entry.templates, *(segments / name for name in entry.files))


def total_bytes(entries: Iterable[FileEntry]) -> int:
    return sum(entry.bytes for entry in entries)
