"""What changed between two snapshots of a gallery. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.gallery.records import Snapshot

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class SubjectChange:
    """Of one subject. ``changed`` where pictures or attributes differ."""

    subject_id: str
    change: Change
    pictures_added: int = 0
    pictures_removed: int = 0
    attributes: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """By name: before and after; None where there was, or is, none."""


def differ(
    before: Snapshot, after: Snapshot, subjects_before: pa.Table, subjects_after: pa.Table
) -> list[SubjectChange]:
    """Sorted by subject; nothing of those who are alike. Pictures are told apart by their ids."""
    added, removed = _not_in(after, before), _not_in(before, after)
    old, new = _of_differing(subjects_before, subjects_after)
    everyone = sorted({*added, *removed, *old, *new})
    there_before = _those_in(subjects_before, everyone)
    there_after = _those_in(subjects_after, everyone)
    return [
        SubjectChange(
            whose,
            _change(whose in there_before, whose in there_after),
            added.get(whose, 0),
            removed.get(whose, 0),
            dict(_attributes(old.get(whose, {}), new.get(whose, {}))),
        )
        for whose in everyone
    ]


def _change(before: bool, after: bool) -> Change:
    if before and after:
        return "changed"
    return "added" if after else "removed"


def _not_in(one: Snapshot, other: Snapshot) -> dict[str, int]:
    """Pictures of ``one`` that ``other`` has not, counted by subject."""
    images, others = _strings(one.image_ids), _strings(other.image_ids)
    only = pc.invert(pc.is_in(images, others))
    counted = pc.value_counts(_strings(one.subject_ids).filter(only)).to_pylist()
    return {each["values"]: each["counts"] for each in counted}


def _strings(column: Sequence[str]) -> pa.LargeStringArray:
    array = getattr(column, "array", None)
    return pa.array(list(column), pa.large_string()) if array is None else array


def _of_differing(
    before: pa.Table, after: pa.Table
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Attributes of the subjects of either whose line the other has not."""
    old, new = (dict(_lines(table)) for table in (before, after))
    return (
        {whose: attributes for whose, attributes in old.items() if new.get(whose) != attributes},
        {whose: attributes for whose, attributes in new.items() if old.get(whose) != attributes},
    )


def _lines(table: pa.Table) -> Iterator[tuple[str, dict[str, str]]]:
    for batch in table.to_batches():
        for whose, pairs in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield whose, dict(pairs)


def _those_in(table: pa.Table, subject_ids: Sequence[str]) -> set[str]:
    column = table["subject_id"]
    return {*column.filter(pc.is_in(column, pa.array(subject_ids, pa.string()))).to_pylist()}


def _attributes(
    old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield name, (old.get(name), new.get(name))
