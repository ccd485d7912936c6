"""Which pictures and clips an evaluation is of, and what is said of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lfr_batch.config.schema import S3Config
from lfr_batch.config.sheets import column_key
from lfr_batch.errors import UsageError
from lfr_batch.evaluation.labelled import Labelled, Role
from lfr_batch.footage.local import as_uri
from lfr_batch.gallery.file_kinds import HEAD_BYTES, PICTURE, kind_of
from lfr_batch.gallery.images import read_images
from lfr_batch.gallery.subject_boxes import take_box
from lfr_batch.gallery.subjects_csv import SubjectRow, read_table

ROLES: Mapping[str, Role] = {
    "enrol": "enrol",
    "enroll": "enrol",
    "gallery": "enrol",
    "probe": "probe",
    "mated": "probe",
    "unknown": "unknown",
    "nonmated": "unknown",
}
"""What a cell of the role column may say, and what it means."""
ROLE, BEGIN, END, DATE = "role", "begin", "end", "date"
TIMES: Mapping[str, str] = {"begin": BEGIN, "begins": BEGIN, "start": BEGIN, "starts": BEGIN}
TIMES = {**TIMES, "begins_s": BEGIN, "start_s": BEGIN, "end": END, "ends": END, "end_s": END}
_OF_TIMES = {column_key(name): meant for name, meant in {**TIMES, "begin_s": BEGIN}.items()}
NAMED = 5


@dataclass(frozen=True, slots=True)
class Labels:
    files: tuple[Labelled, ...]
    columns: tuple[str, ...] = ()
    """Of the groups, as the table names them."""
    said: tuple[str, ...] = ()
    """Sentences for the operator."""


def read_labels(place: Path | str, s3: S3Config) -> Labels:
    """Of a CSV with columns file (or path) and subject, or of a folder of pictures.

    A folder is read as an enrolment reads it: a folder for each subject, or pictures named after
    theirs. A CSV's paths start where it lies, or in a folder there that is called as the subject.
    Raises UsageError, naming lines of the table.
    """
    if isinstance(place, Path) and place.is_file():
        return _of_table(place)
    if isinstance(place, Path) and not place.exists():
        raise UsageError(
            f"{place} is neither a folder nor a CSV: give a folder per subject, or a table of "
            "files and subjects."
        )
    listing = read_images(place, None, (), s3)
    files = tuple(Labelled(i.uri, i.subject_id, box_xyxy=i.box_xyxy) for i in listing.images)
    others = len(listing.not_enrolled)
    left_out = f"Left out, since they are no pictures of a subject: {others} files."
    said = (left_out,) if others else ()
    return Labels(files, said=said)


def _of_table(path: Path) -> Labels:
    table = read_table(path)
    if not table.names_files:
        raise UsageError(
            f"{path} names no files: add a column 'file' with the picture or clip of each line."
        )
    files, lost = list[Labelled](), list[SubjectRow]()
    for row in table.rows:
        found = None if row.file is None else _find(path, row, row.file)
        if found is None:
            lost.append(row)
        else:
            files.append(_labelled(path, row, found))
    _require_found(path, lost)
    columns = {name: None for file in files for name in file.groups}
    return Labels(tuple(files), tuple(columns))


def _require_found(path: Path, lost: Sequence[SubjectRow]) -> None:
    if not lost:
        return
    named = [f"line {row.line} names {row.file or 'none'}" for row in lost[:NAMED]]
    more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    raise UsageError(
        f"{path}: {', '.join(named)}{more}, which is no file beside it; add the files or mend the "
        "lines."
    )


def _find(table: Path, row: SubjectRow, file: str) -> str | None:
    if "://" in file:
        return file
    wanted = PurePosixPath(file.replace("\\", "/"))
    for place in (table.parent / wanted, table.parent / row.subject_id / wanted):
        if place.is_file():
            return as_uri(place.absolute())
    return None


def _labelled(path: Path, given: SubjectRow, uri: str) -> Labelled:
    row, box = take_box(path, given)
    said = {column_key(name): cell for name, cell in row.values.items()}
    times = {
        _OF_TIMES[column_key(name)]: _seconds(path, row, name, cell)
        for name, cell in row.values.items()
        if column_key(name) in _OF_TIMES
    }
    begin_s, end_s = times.get(BEGIN), times.get(END)
    if begin_s is not None and end_s is not None and end_s <= begin_s:
        raise UsageError(f"{path} line {row.line} ends before it begins; mend the line.")
    own = {ROLE, DATE, *_OF_TIMES}
    return Labelled(
        uri=uri,
        subject_id=row.subject_id,
        role=_role(path, row, said.get(ROLE, "")),
        begin_s=begin_s,
        end_s=end_s,
        box_xyxy=box,
        date=said.get(DATE, ""),
        groups={name: cell for name, cell in row.values.items() if column_key(name) not in own},
        line=row.line,
        is_picture=is_picture(uri),
    )


def _role(path: Path, row: SubjectRow, cell: str) -> Role | None:
    if not cell:
        return None
    role = ROLES.get(column_key(cell))
    if role is None:
        raise UsageError(
            f"{path} line {row.line} has the role {cell!r}; write enrol, probe or unknown "
            "(gallery, mated and nonmated mean the same)."
        )
    return role


def _seconds(path: Path, row: SubjectRow, name: str, cell: str) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise UsageError(
            f"{path} line {row.line} has {cell!r} in {name!r}; write seconds from the clip's "
            "beginning, such as 12.5."
        )
    return value


def is_picture(uri: str) -> bool:
    """By its first bytes, else, in a bucket, by whether it is named like a video."""
    path = Path(uri.removeprefix("file://"))
    if "://" in uri and not path.is_file():
        return PurePosixPath(uri).suffix.lower() not in {".mp4", ".avi", ".mkv", ".mov", ".webm"}
    with path.open("rb") as file:
        return kind_of(file.read(HEAD_BYTES)) == PICTURE
