"""One snapshot's directory: written once, then only read."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lfr_batch.errors import GalleryDamaged, GalleryError
from lfr_batch.gallery import parquet_tables as tables
from lfr_batch.gallery.arrow_strings import ArrowStrings
from lfr_batch.gallery.exact_scores import Rows
from lfr_batch.gallery.faiss_index import build_index, map_vectors, write_index
from lfr_batch.gallery.manifest import (
    FileEntry,
    Manifest,
    ManifestTooNew,
    SegmentEntry,
    from_json,
    to_json,
)
from lfr_batch.gallery.records import EnrolledFace, FileOutcome, SnapshotPart, Subject
from lfr_batch.gallery.templates import AnyTemplates, Templates
from lfr_batch.records import FloatArray
from lfr_batch.storage.files import sha256_of, write_bytes, write_text

MANIFEST = "manifest.json"
TEMPLATES = "templates.parquet"
SUBJECTS = "subjects.parquet"
REFUSALS = "refusals.parquet"
INDEX = "index.faiss"
IDS = "ids.arrow"
"""Subject and image of each template once more, to be mapped. Snapshots before 0.3.0 have none."""
ROWS = "rows-{}.npy"
"""Where in the segments each template is."""
SEGMENTS = "segments"
"""Beside the snapshots of a gallery: the files that they share."""
ID_COLUMNS = ("subject_id", "image_id")
ROWS_AT_ONCE = 65_536
FILES_AT_ONCE = 5
WAY_OUT = "enrol the gallery again or restore it from a copy"


def write_snapshot(
    folder: Path,
    manifest: Manifest,
    faces: Sequence[EnrolledFace],
    not_enrolled: Iterable[FileOutcome],
    subjects: Iterable[Subject],
) -> None:
    """Fill ``folder``; the manifest's ``files`` are filled in. Row i of every file is face i."""
    tables.write_templates(folder / TEMPLATES, faces)
    tables.write_subjects(folder / SUBJECTS, subjects)
    tables.write_outcomes(folder / REFUSALS, not_enrolled)
    write_index(build_index(stacked_templates(faces)), folder / INDEX)
    ids = tables.read_strings(folder / TEMPLATES, ID_COLUMNS)
    tables.write_mappable(folder / IDS, dict(zip(ID_COLUMNS, ids, strict=True)))
    write_manifest(folder, manifest, (TEMPLATES, SUBJECTS, REFUSALS, INDEX, IDS))


def write_parted_snapshot(
    folder: Path,
    manifest: Manifest,
    rows: Rows,
    ids: Sequence[ArrowStrings],
    not_enrolled: Iterable[FileOutcome],
    subjects: pa.Table,
) -> None:
    """As ``write_snapshot``, of a snapshot whose templates lie in its segments: ``rows`` (n,) says
    where in these."""
    tables.write_subjects(folder / SUBJECTS, subjects)
    tables.write_outcomes(folder / REFUSALS, not_enrolled)
    tables.write_mappable(folder / IDS, dict(zip(ID_COLUMNS, ids, strict=True)))
    name = write_rows(folder, rows)
    write_manifest(folder, manifest, (SUBJECTS, REFUSALS, IDS, name))


def write_rows(folder: Path, rows: Rows) -> str:
    """Its name, which follows from its content: it never changes under one name."""
    data = io.BytesIO()
    np.save(data, np.asarray(rows, np.int64))
    name = ROWS.format(hashlib.sha256(data.getbuffer()).hexdigest()[:12])
    write_bytes(folder / name, data.getvalue())
    return name


def write_manifest(folder: Path, manifest: Manifest, files: Iterable[str]) -> Manifest:
    """With the ``files`` that are there. In one step: it makes of them a snapshot."""
    entries = {name: entry_of(folder / name) for name in files}
    complete = manifest.model_copy(update={"files": entries})
    write_text(folder / MANIFEST, to_json(complete))
    return complete


def dimension_of(faces: Sequence[EnrolledFace]) -> int:
    """Of every template. Raises ValueError as ``stacked_templates`` does."""
    dimensions = {int(block.shape[1]) for block in stacked_templates(faces)}
    if len(dimensions) > 1:
        raise ValueError(f"templates have {sorted(dimensions)} numbers; they must be alike")
    return dimensions.pop()


def stacked_templates(faces: Sequence[EnrolledFace]) -> Iterator[FloatArray]:
    """(n, d) in blocks. Raises ValueError if a template is not of unit length or does not fit."""
    for start in range(0, len(faces), ROWS_AT_ONCE):
        yield _stack(faces[start : start + ROWS_AT_ONCE])


def _stack(faces: Sequence[EnrolledFace]) -> FloatArray:
    templates = np.stack([face.template for face in faces]).astype(np.float32, copy=False)
    lengths = np.linalg.norm(templates, axis=1)
    if not np.allclose(lengths, 1.0, atol=1e-3):  # also where a value is not finite
        row = int(np.argmin(np.isclose(lengths, 1.0, atol=1e-3)))
        raise ValueError(f"the template of {faces[row].uri} has length {lengths[row]}, not 1")
    return templates


def read_manifest(folder: Path) -> Manifest:
    """Raises GalleryDamaged, or GalleryError where a newer version wrote it."""
    path = folder / MANIFEST
    try:
        manifest = from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, error) from error
    except ManifestTooNew as error:
        raise GalleryError(
            f"{path} was written by a newer version ({error}); upgrade lfr-batch to open it."
        ) from error
    except ValueError as error:
        raise GalleryDamaged(f"{path} is damaged ({error}); {WAY_OUT}.") from error
    if manifest.snapshot_id != folder.name:
        raise GalleryDamaged(f"{path} is that of snapshot {manifest.snapshot_id}; {WAY_OUT}.")
    return manifest


def segments_folder(folder: Path) -> Path:
    """Of the gallery of the snapshot in ``folder``."""
    return folder.parents[1] / SEGMENTS


def own_files(folder: Path, manifest: Manifest) -> dict[Path, FileEntry]:
    return {folder / name: entry for name, entry in manifest.files.items()}


def segment_files(folder: Path, segment: SegmentEntry) -> dict[Path, FileEntry]:
    return {segments_folder(folder) / name: entry for name, entry in segment.files.items()}


def files_of(folder: Path, manifest: Manifest) -> dict[Path, FileEntry]:
    """All that the snapshot in ``folder`` consists of, but its manifest."""
    files = own_files(folder, manifest)
    for segment in manifest.segments:
        files |= segment_files(folder, segment)
    return files


def shared_files(folder: Path) -> list[Path]:
    """Of the snapshot in ``folder``: those that lie in its gallery's segments."""
    manifest = read_manifest(folder)
    return [path for segment in manifest.segments for path in segment_files(folder, segment)]


def verify_files(files: Mapping[Path, FileEntry]) -> None:
    """Raises GalleryDamaged naming the first file whose size or sha256 differs."""
    with ThreadPoolExecutor(min(len(files), FILES_AT_ONCE)) as pool:
        verdicts = pool.map(_is_intact, files.keys(), files.values())
        for path in files:
            try:
                intact = next(verdicts)
            except OSError as error:
                raise _unreadable(path, error) from error
            if not intact:
                raise GalleryDamaged(f"{path} is not the file that was written; {WAY_OUT}.")


def _is_intact(path: Path, entry: FileEntry) -> bool:
    return path.stat().st_size == entry.bytes and sha256_of(path) == entry.sha256


def read_columns(path: Path, names: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    try:
        return tables.read_columns(path, names)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def read_attributes(path: Path, subject_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    try:
        return tables.read_attributes(path, subject_ids)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def parts_of(folder: Path, manifest: Manifest) -> tuple[SnapshotPart, ...]:
    if not manifest.segments:
        return (SnapshotPart(manifest.templates, folder / TEMPLATES, folder / INDEX),)
    there = segments_folder(folder)
    return tuple(
        SnapshotPart(each.templates, *(there / name for name in each.files))
        for each in manifest.segments
    )


def read_faces(
    parts: Sequence[SnapshotPart], places: Rows | None, columns: Sequence[str]
) -> pa.Table:
    """Columns of every template, in the order of ``places``; None: as they lie."""
    read = []
    for part in parts:
        try:
            read.append(tables.read_faces(part.templates_path, columns))
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(part.templates_path, error) from error
    whole = pa.concat_tables(read)
    return whole if places is None else whole.take(places)


def read_faces_at(parts: Sequence[SnapshotPart], places: Rows, columns: Sequence[str]) -> pa.Table:
    """Columns of the templates at ``places`` alone, sorted by their places."""
    wanted, found, start = np.sort(places), [], 0
    for part in parts:
        end = start + part.templates
        inside = wanted[np.searchsorted(wanted, start) : np.searchsorted(wanted, end)] - start
        if len(inside):
            try:
                found.append(tables.read_faces_at(part.templates_path, inside, columns))
            except (OSError, pa.ArrowException) as error:
                raise _unreadable(part.templates_path, error) from error
        start = end
    return pa.concat_tables(found) if found else pa.table({name: [] for name in columns})


def read_outcomes(folder: Path) -> list[FileOutcome]:
    """What became of the files that gave no template."""
    try:
        return tables.read_outcomes(folder / REFUSALS)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(folder / REFUSALS, error) from error


def read_subject_table(path: Path) -> pa.Table:
    try:
        return tables.read_subjects(path)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def rows_of(folder: Path, manifest: Manifest) -> Rows | None:
    """As ``Snapshot.rows``, mapped."""
    name = next((name for name in manifest.files if fnmatchcase(name, ROWS.format("*"))), None)
    if name is None:
        return None
    try:
        rows: Rows = np.load(folder / name, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise _unreadable(folder / name, error) from error
    return rows


def ids_of(folder: Path, manifest: Manifest) -> tuple[ArrowStrings, ...]:
    """Subject and image of each template, mapped where the snapshot has them so."""
    name, read = (
        (IDS, tables.map_strings) if IDS in manifest.files else (TEMPLATES, tables.read_strings)
    )
    try:
        return read(folder / name, ID_COLUMNS)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise _unreadable(folder / name, error) from error


def map_templates(folder: Path, manifest: Manifest) -> AnyTemplates:
    rows = rows_of(folder, manifest)
    mapped = [_mapped(part, manifest.dimension) for part in parts_of(folder, manifest)]
    return mapped[0] if rows is None else Templates(mapped, rows)


def _mapped(part: SnapshotPart, dimension: int) -> FloatArray:
    try:
        return map_vectors(part.index_path, part.templates, dimension)
    except (OSError, ValueError) as error:
        raise _unreadable(part.index_path, error) from error


def _unreadable(path: Path, error: Exception) -> GalleryError:
    if isinstance(error, PermissionError):
        return GalleryError(f"{path} may not be read (Permission denied); mend its permissions.")
    reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return GalleryDamaged(f"{path} cannot be read{reason}; {WAY_OUT}.")


def entry_of(path: Path) -> FileEntry:
    return FileEntry(bytes=path.stat().st_size, sha256=sha256_of(path))
