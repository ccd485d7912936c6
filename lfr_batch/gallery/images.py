"""Which files are to be enrolled, and under whom; what becomes of the others."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import UsageError
from lfr_batch.footage.local import as_uri
from lfr_batch.gallery.file_kinds import PICTURE, UNREAD_KINDS, has_picture_ending, stem_of
from lfr_batch.gallery.image_files import FoundFile, files_in
from lfr_batch.gallery.known_columns import age_in, check_columns, facts_of, taken_in
from lfr_batch.gallery.records import (
    REFUSALS,
    Box,
    EnrolmentImage,
    FileOutcome,
    Listing,
    Subject,
)
from lfr_batch.gallery.subject_boxes import take_box
from lfr_batch.gallery.subjects_csv import SubjectRow, SubjectTable, attributes_of, read_table

ROWS_NAMED = 5
NO_S3 = S3Config()
Meant = Mapping[str, Box | None]
"""Whom a picture shows, and where in it."""
Said = Mapping[tuple[PurePosixPath, str], Mapping[str, str]]
"""What a row says of a picture of a subject."""


def read_images(
    images_dir: Path | str,
    subjects_csv: Path | None,
    exclude: Sequence[str] = (),
    s3: S3Config = NO_S3,
    today: date | None = None,
) -> Listing:
    """Every file below ``images_dir``, a folder or s3://bucket/prefix, sorted by path, and every
    subject known of.

    A file is a picture by its first bytes, whatever its name. It belongs to the subjects that the
    CSV's file column gives it, else to the folder directly below ``images_dir`` that holds it, else
    to its own whole name without a picture's ending; deeper down its subject is unclear. Hidden
    files are enrolled only if the CSV names them. A file that is no picture is refused where the
    CSV or its ending says it should be one. ``exclude`` holds globs for the path relative to
    ``images_dir`` or the file name; rows that name an excluded file are left out too.
    Subjects without any picture (a row of the CSV, an empty folder) are among the subjects, so
    that a report can name them. For the attributes of a subject with several rows see
    ``attributes_of``. How old they are in their pictures follows from the table's columns, on
    ``today`` where it does not say when a picture was taken.

    Raises:
        UsageError: no such directory, no pictures, a CSV that is unreadable or names a file that
            is missing or ambiguous, a glob that matches nothing.
    """
    files, folders = files_in(images_dir, s3)
    excluded = _excluded(files, exclude)
    table = _composed(read_table(subjects_csv)) if subjects_csv is not None else None
    meant, rows, said = _match_rows(images_dir, table, files, excluded)
    judged: list[EnrolmentImage | FileOutcome] = []
    for file in files:
        uri = _uri(images_dir, file.path)
        if file.path in excluded:
            judged.append(FileOutcome("", uri, f"--exclude {excluded[file.path]}", "excluded"))
        else:
            judged += _judged(file, uri, meant.get(file.path, {}))
    attributes = attributes_of(rows)
    of_row = {(_uri(images_dir, path), whose): values for (path, whose), values in said.items()}
    images = [
        _with_facts(what, of_row.get((what.uri, what.subject_id)), attributes, today)
        for what in judged
        if isinstance(what, EnrolmentImage)
    ]
    others = [what for what in judged if isinstance(what, FileOutcome)]
    subject_ids = {i.subject_id for i in images} | {o.subject_id for o in others if o.subject_id}
    _check_pictures(images_dir, images, others)
    if table is not None:
        _check_overlap(table, subject_ids)
    if table is None or not table.names_files:
        subject_ids.update(_bare(folders, files, excluded))
    mapped = {_uri(images_dir, path) for path in meant}
    unmapped = [i.uri for i in images if i.uri not in mapped] if meant else []
    return Listing(
        images=tuple(images),
        not_enrolled=tuple(others),
        subjects=_subjects(attributes, subject_ids),
        without_row=tuple(unmapped),
    )


def _uri(images_dir: Path | str, path: PurePosixPath) -> str:
    if isinstance(images_dir, Path):
        return as_uri(images_dir.absolute() / path)
    return f"{images_dir.rstrip('/')}/{path}"


def _with_facts(
    image: EnrolmentImage,
    of_row: Mapping[str, str] | None,
    attributes: Mapping[str, Mapping[str, str]],
    today: date | None,
) -> EnrolmentImage:
    """With what the table says of the picture: its own row before what is said of its subject."""
    said = facts_of(of_row, attributes.get(image.subject_id, {}))
    if not said:
        return image
    day = taken_in(said)
    age = age_in(said, today or datetime.now(UTC).date())
    return replace(image, taken=day.isoformat() if day else "", age_y=age)


def _composed(table: SubjectTable) -> SubjectTable:
    """Its subjects as ``_by_layout`` names them."""
    rows = (replace(row, subject_id=normalize("NFC", row.subject_id)) for row in table.rows)
    return replace(table, rows=tuple(rows))


def _judged(file: FoundFile, uri: str, meant: Meant) -> list[EnrolmentImage | FileOutcome]:
    """A file that is not excluded; several where the table gives it to several subjects."""
    is_picture = file.kind == PICTURE
    is_other = not is_picture and not file.trouble and file.kind not in UNREAD_KINDS
    if file.is_hidden and not meant:
        kind = "hidden file" if is_other or file.trouble else "hidden picture"
        return [FileOutcome("", uri, kind, "not a picture")]
    if file.is_folder:
        return [FileOutcome("", uri, f"unreadable: the folder {file.trouble}", "look at")]
    if is_other and not meant and not has_picture_ending(file.path.name):
        return [FileOutcome("", uri, file.kind, "not a picture")]
    subjects = meant or _by_layout(file.path)
    if not subjects:
        return [FileOutcome("", uri, f"subject unclear: {_why_unclear(file)}", "look at")]
    if is_picture:
        return [EnrolmentImage(subject, uri, box) for subject, box in subjects.items()]
    return [FileOutcome(subject, uri, _why_refused(file)) for subject in subjects]


def _why_refused(file: FoundFile) -> str:
    if file.trouble:
        return f"unreadable: {file.trouble}"
    if file.kind in UNREAD_KINDS:
        return f"unreadable: is a {file.kind}, which cannot be decoded here: convert it to JPEG"
    return f"not a picture: {file.kind}"


def _by_layout(path: PurePosixPath) -> Meant:
    """Whose picture it is by where it lies; empty where that says nothing."""
    name = {1: stem_of(path.name), 2: path.parts[0]}.get(len(path.parts))
    return {normalize("NFC", name): None} if name and _is_unicode(name) else {}


def _why_unclear(file: FoundFile) -> str:
    if len(file.path.parts) <= 2:
        return "its name, or its folder's, is not valid Unicode; rename it"
    return (
        f"it lies {len(file.path.parts) - 1} folders deep; put it into a subject's folder directly "
        "below --images, or name it in the file column of --subjects"
    )


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _excluded(files: Sequence[FoundFile], exclude: Sequence[str]) -> dict[PurePosixPath, str]:
    """The glob that excludes it, by file."""
    excluded: dict[PurePosixPath, str] = {}
    for glob in exclude:
        paths = [file.path for file in files]
        found = [p for p in paths if fnmatchcase(str(p), glob) or fnmatchcase(p.name, glob)]
        if not found:
            raise UsageError(f"--exclude {glob!r} matches no file; mend or drop the pattern.")
        for path in found:
            excluded.setdefault(path, glob)
    return excluded


def _bare(
    folders: Sequence[str], files: Sequence[FoundFile], excluded: Mapping[PurePosixPath, str]
) -> list[str]:
    """Subjects' folders without a picture: all that hold none, or only such as lie too deep,
    unless left out on purpose."""
    in_folders = [file for file in files if len(file.path.parts) > 1 and not file.is_hidden]
    on_purpose = {file.path.parts[0] for file in in_folders if file.path in excluded} - {
        file.path.parts[0] for file in in_folders if file.path not in excluded
    }
    pictures = [file for file in in_folders if file.kind in {PICTURE, *UNREAD_KINDS}]
    held = {file.path.parts[0] for file in pictures if len(file.path.parts) == 2}
    return [
        normalize("NFC", folder)
        for folder in folders
        if folder not in on_purpose | held and _is_unicode(folder)
    ]


def _match_rows(
    images_dir: Path | str,
    table: SubjectTable | None,
    files: Sequence[FoundFile],
    excluded: Mapping[PurePosixPath, str],
) -> tuple[dict[PurePosixPath, dict[str, Box | None]], list[SubjectRow], Said]:
    """Whom each file shows as the table has it, the rows not about excluded files, and what those
    say of a picture. Raises UsageError, see ``check_columns``."""
    if table is None:
        return {}, [], {}
    check_columns(table.path, table.rows)
    paths = [file.path for file in files]
    by_path = {normalize("NFC", str(path)): path for path in paths}
    by_path |= {str(path): path for path in paths}
    find = partial(_find, images_dir, table.path, by_path, _by_name(paths))
    meant: dict[PurePosixPath, dict[str, Box | None]] = {}
    kept: list[SubjectRow] = []
    astray: list[SubjectRow] = []
    said: dict[tuple[PurePosixPath, str], Mapping[str, str]] = {}
    for given in table.rows:
        row, box = take_box(table.path, given)
        path = None if row.file is None else find(row, row.file)
        if path in excluded:
            continue
        kept.append(row)
        if path is not None:
            _add(meant.setdefault(path, {}), table.path, row, box)
            said[path, row.subject_id] = row.values
        elif row.file is not None:
            astray.append(row)
    if astray:
        raise UsageError(_astray(table.path, astray))
    return meant, kept, said


def _astray(table: Path, rows: Sequence[SubjectRow]) -> str:
    named = [f"line {row.line} names {row.file!r}" for row in rows[:ROWS_NAMED]]
    more = f" and {len(rows) - ROWS_NAMED} more rows name one" if len(rows) > ROWS_NAMED else ""
    return (
        f"{table} {', '.join(named)}{more}, which is no file below --images; add the pictures or "
        "mend the lines."
    )


def _add(subjects: dict[str, Box | None], table: Path, row: SubjectRow, box: Box | None) -> None:
    """One picture may show several subjects, if a box says who is where."""
    where = f"{table} line {row.line} gives {row.file} to {row.subject_id!r}"
    if row.subject_id in subjects and subjects[row.subject_id] != box:
        raise UsageError(f"{where} with another box than an earlier line; drop one of the two.")
    others = {subject: there for subject, there in subjects.items() if subject != row.subject_id}
    if others and (box is None or None in others.values()):
        raise UsageError(
            f"{where}, but an earlier line gives it to {next(iter(others))!r}; drop one of the "
            "two, or give each the box of its face."
        )
    if box is not None and box in others.values():
        raise UsageError(f"{where} with the box of another subject; mend one of the two.")
    subjects[row.subject_id] = box


def _by_name(paths: Sequence[PurePosixPath]) -> dict[str, list[PurePosixPath]]:
    by_name: dict[str, list[PurePosixPath]] = {}
    for path in paths:
        by_name.setdefault(normalize("NFC", path.name), []).append(path)
    return by_name


def _find(
    images_dir: Path | str,
    table: Path,
    by_path: Mapping[str, PurePosixPath],
    by_name: Mapping[str, list[PurePosixPath]],
    row: SubjectRow,
    file: str,
) -> PurePosixPath | None:
    """Relative to the images, the subject's folder or the CSV, else by bare name anywhere.

    Composed and decomposed letters are the same. None where there is no such file.
    """
    wanted = PurePosixPath(file.replace("\\", "/"))
    places = [wanted, row.subject_id / wanted]
    if isinstance(images_dir, Path):
        places.append(PurePosixPath(os.path.relpath(table.parent / wanted, images_dir)))
    for place in places:
        found = by_path.get(str(place)) or by_path.get(normalize("NFC", str(place)))
        if found is not None:
            return found
    named = by_name.get(normalize("NFC", str(wanted)), [])
    if len(named) > 1:
        raise UsageError(
            f"{table} line {row.line} names {file!r}, which lies in {named[0].parent} and "
            f"{named[1].parent}; write its path relative to --images."
        )
    return named[0] if named else None


def _check_pictures(
    images_dir: Path | str, images: Sequence[EnrolmentImage], others: Sequence[FileOutcome]
) -> None:
    """Refusals go on: which pictures cannot be read is told with everything else."""
    if images or any(other.outcome in REFUSALS for other in others):
        return
    if any(other.outcome == "excluded" for other in others):
        raise UsageError(f"--exclude leaves none of the pictures of {images_dir}.")
    kinds = Counter(other.reason for other in others).most_common()
    holds = ", ".join(f"{n} × {kind}" for kind, n in kinds) or "nothing"
    raise UsageError(
        f"{images_dir} holds no pictures (it holds {holds}); give a folder per subject, "
        "or pictures named after their subject."
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
