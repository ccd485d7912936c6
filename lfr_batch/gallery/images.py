"""Which pictures are to be enrolled, and under whom."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath

from lfr_batch.errors import UsageError
from lfr_batch.gallery.records import EnrolmentImage, Subject
from lfr_batch.gallery.subjects_csv import SubjectRow, SubjectTable, attributes_of, read_table

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})


def read_images(
    images_dir: Path, subjects_csv: Path | None, exclude: Sequence[str] = ()
) -> tuple[list[EnrolmentImage], dict[str, Subject]]:
    """The pictures below ``images_dir``, sorted by path, and every subject known of.

    A picture belongs to the subject that the CSV's file column gives it, else to the folder
    directly below ``images_dir`` that holds it, else to its own whole name without the suffix.
    Subjects without any picture (a row of the CSV, an empty folder) are among the subjects, so
    that a report can name them. Hidden files are passed over. ``exclude`` holds globs for the
    path relative to ``images_dir`` or the file name; rows that name an excluded picture are left
    out too. For the attributes of a subject with several rows see ``attributes_of``.

    Raises:
        UsageError: no such directory, no pictures, a CSV that is unreadable or names a picture
            that is missing or ambiguous, a picture whose subject is unclear, a glob that
            matches nothing.
    """
    pictures, folders = _walk(images_dir)
    if not pictures:
        raise UsageError(
            f"{images_dir} holds no pictures ({', '.join(sorted(PICTURE_SUFFIXES))}); "
            "give --images a folder per subject, or pictures named after their subject."
        )
    excluded = _excluded(pictures, exclude)
    table = read_table(subjects_csv) if subjects_csv is not None else None
    by_file, rows = _match_rows(images_dir, table, pictures, excluded)
    subject_of = {
        picture: by_file.get(picture) or _by_layout(images_dir, picture)
        for picture in pictures
        if picture not in excluded
    }
    if not subject_of:
        raise UsageError(f"--exclude leaves none of the pictures of {images_dir}.")
    if table is not None:
        _check_overlap(table, subject_of.values())
    bare_folders = [] if table is not None and table.names_files else folders
    images = [EnrolmentImage(subject_of[p], str(_full_path(images_dir, p))) for p in subject_of]
    return images, _subjects(attributes_of(rows), [*subject_of.values(), *bare_folders])


def _walk(images_dir: Path) -> tuple[list[PurePosixPath], list[str]]:
    """Relative paths of all pictures, and the folders directly below that hold none."""
    if not _is_directory(images_dir):
        raise UsageError(f"{images_dir} is not a directory; give --images a folder of pictures.")
    pictures: list[PurePosixPath] = []
    folders: set[str] = set()
    for root, inner, files in os.walk(images_dir, followlinks=True, onerror=_refuse_unreadable):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        below = Path(root).relative_to(images_dir)
        if below == Path():
            folders.update(inner)
        pictures += [PurePosixPath(below, name) for name in files if _is_picture(name)]
    held = {picture.parts[0] for picture in pictures if len(picture.parts) > 1}
    return sorted(pictures), sorted(folders - held)


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be looked into ({error.strerror}); mend its permissions or give "
            "--images another folder."
        ) from error


def _refuse_unreadable(error: OSError) -> None:
    raise UsageError(f"{error.filename} cannot be read ({error.strerror}); mend its permissions.")


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES


def _full_path(images_dir: Path, picture: PurePosixPath) -> Path:
    return images_dir.absolute() / picture


def _excluded(pictures: list[PurePosixPath], exclude: Sequence[str]) -> set[PurePosixPath]:
    excluded: set[PurePosixPath] = set()
    for glob in exclude:
        found = {p for p in pictures if fnmatchcase(str(p), glob) or fnmatchcase(p.name, glob)}
        if not found:
            raise UsageError(f"--exclude {glob!r} matches no picture; mend or drop the pattern.")
        excluded |= found
    return excluded


def _by_layout(images_dir: Path, picture: PurePosixPath) -> str:
    if len(picture.parts) == 1:
        return picture.stem
    if len(picture.parts) == 2:
        return picture.parts[0]
    raise UsageError(
        f"{images_dir / picture} lies {len(picture.parts) - 1} folders deep, so its subject is "
        "unclear; put the subjects' folders directly below --images, or map the picture with "
        "the file column of --subjects."
    )


def _match_rows(
    images_dir: Path,
    table: SubjectTable | None,
    pictures: list[PurePosixPath],
    excluded: set[PurePosixPath],
) -> tuple[dict[PurePosixPath, str], list[SubjectRow]]:
    """Subject by picture as the table has it, and the rows not about excluded pictures."""
    if table is None:
        return {}, []
    find = partial(_find, images_dir, table.path, set(pictures), _by_name(pictures))
    subject_of: dict[PurePosixPath, str] = {}
    kept: list[SubjectRow] = []
    for row in table.rows:
        picture = None if row.file is None else find(row, row.file)
        if picture in excluded:
            continue
        kept.append(row)
        if picture is not None and subject_of.setdefault(picture, row.subject_id) != row.subject_id:
            raise UsageError(
                f"{table.path} line {row.line} gives {picture} to {row.subject_id!r}, but an "
                f"earlier line gives it to {subject_of[picture]!r}; drop one of the two."
            )
    return subject_of, kept


def _by_name(pictures: list[PurePosixPath]) -> dict[str, list[PurePosixPath]]:
    by_name: dict[str, list[PurePosixPath]] = {}
    for picture in pictures:
        by_name.setdefault(picture.name, []).append(picture)
    return by_name


def _find(
    images_dir: Path,
    table: Path,
    known: set[PurePosixPath],
    by_name: Mapping[str, list[PurePosixPath]],
    row: SubjectRow,
    file: str,
) -> PurePosixPath:
    """Relative to the images, the subject's folder or the CSV, else by bare name anywhere."""
    wanted = PurePosixPath(file.replace("\\", "/"))
    beside_table = os.path.relpath(table.parent / wanted, images_dir)
    for place in (wanted, row.subject_id / wanted, PurePosixPath(beside_table)):
        if place in known:
            return place
    places = by_name.get(file, [])
    if len(places) == 1:
        return places[0]
    if places:
        raise UsageError(
            f"{table} line {row.line} names {file!r}, which lies in {places[0].parent} and "
            f"{places[1].parent}; write its path relative to --images."
        )
    raise UsageError(
        f"{table} line {row.line} names {file!r}, which is no picture below --images; "
        "add the picture or mend the line."
    )


def _check_overlap(table: SubjectTable, subject_ids: Iterable[str]) -> None:
    named = {row.subject_id for row in table.rows}
    if named.isdisjoint(subject_ids):
        raise UsageError(
            f"None of the subjects in {table.path} (such as {table.rows[0].subject_id!r}) has a "
            "picture; name folders or pictures after them, or add a 'file' column."
        )


def _subjects(
    attributes: Mapping[str, Mapping[str, str]], subject_ids: Iterable[str]
) -> dict[str, Subject]:
    everyone = sorted({*attributes, *subject_ids})
    return {s: Subject(s, dict(attributes.get(s, {}))) for s in everyone}
