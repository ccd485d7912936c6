"""One snapshot's directory: written once, then only read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lfr_batch.errors import GalleryDamaged, GalleryError
from lfr_batch.gallery import parquet_tables as tables
from lfr_batch.gallery.arrow_strings import ArrowStrings
from lfr_batch.gallery.faiss_index import build_index, map_vectors, write_index
from lfr_batch.gallery.manifest import FileEntry, Manifest, ManifestTooNew, from_json, to_json
from lfr_batch.gallery.records import EnrolledFace, FileOutcome, Subject
from lfr_batch.records import FloatArray
from lfr_batch.storage.files import sha256_of

MANIFEST = "manifest.json"
TEMPLATES = "templates.parquet"
SUBJECTS = "subjects.parquet"
REFUSALS = "refusals.parquet"
INDEX = "index.faiss"
IDS = "ids.arrow"
"""Subject and image of each template once more, to be mapped. Snapshots before 0.3.0 have none."""
ID_COLUMNS = ("subject_id", "image_id")
ROWS_AT_ONCE = 65_536
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
    files = (TEMPLATES, SUBJECTS, REFUSALS, INDEX, IDS)
    entries = {name: _entry(folder / name) for name in files}
    complete = manifest.model_copy(update={"files": entries})
    (folder / MANIFEST).write_text(to_json(complete), encoding="utf-8")


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


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Raises GalleryDamaged naming the first file whose size or sha256 differs."""
    paths = [folder / name for name in manifest.files]
    with ThreadPoolExecutor(len(paths)) as pool:
        verdicts = pool.map(_is_intact, paths, manifest.files.values())
        for path in paths:
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


def read_files(folder: Path) -> list[FileOutcome]:
    """What became of every file: of those that gave templates, then of the others."""
    reading = {TEMPLATES: tables.read_notes, REFUSALS: tables.read_outcomes}
    files: list[FileOutcome] = []
    for name, read in reading.items():
        try:
            files += read(folder / name)
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(folder / name, error) from error
    return files


def ids_of(folder: Path, manifest: Manifest) -> tuple[ArrowStrings, ...]:
    """Subject and image of each template, mapped where the snapshot has them so."""
    name, read = (
        (IDS, tables.map_strings) if IDS in manifest.files else (TEMPLATES, tables.read_strings)
    )
    try:
        return read(folder / name, ID_COLUMNS)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise _unreadable(folder / name, error) from error


def read_jpegs(path: Path, image_ids: Iterable[str]) -> dict[str, bytes]:
    try:
        return tables.read_jpegs(path, image_ids)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def map_templates(folder: Path, manifest: Manifest) -> FloatArray:
    path = folder / INDEX
    try:
        return map_vectors(path, manifest.templates, manifest.dimension)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> GalleryError:
    if isinstance(error, PermissionError):
        return GalleryError(f"{path} may not be read (Permission denied); mend its permissions.")
    reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return GalleryDamaged(f"{path} cannot be read{reason}; {WAY_OUT}.")


def _entry(path: Path) -> FileEntry:
    return FileEntry(bytes=path.stat().st_size, sha256=sha256_of(path))
