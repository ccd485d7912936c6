"""What changed on the watchlist since the deployment before. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict

from lfr_batch.config.policy import EntryField
from lfr_batch.config.sheets import column_key
from lfr_batch.gallery.differ import SubjectChange
from lfr_batch.gallery.known_columns import REVIEW_BY

_REVIEWED: tuple[EntryField, ...] = ("reviewed_by", "reviewed_on")
_REVIEW = frozenset(map(column_key, (*_REVIEWED, REVIEW_BY)))


@dataclass(frozen=True, slots=True)
class Changes:
    """Between two snapshots. Subjects by their ids, sorted; somebody may have changed in both."""

    deployment_id: str
    """The deployment before."""
    before: tuple[str, str]
    """Gallery and snapshot it used."""
    after: tuple[str, str]
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    """Of these other pictures are compared now."""
    attributes: tuple[str, ...] = ()
    """Of these the table says something else now, beyond who reviewed them and when."""
    trouble: str = ""
    """Why nothing can be said: the other snapshot is gone, or damaged."""


class ChangeCounts(BaseModel):
    model_config = ConfigDict(frozen=True)

    deployment_id: str
    new: int = 0
    gone: int = 0
    pictures: int = 0
    attributes: int = 0
    known: bool = True
    """False where the snapshot of before is gone or damaged."""


def with_subjects(
    changes: Changes,
    found: Iterable[SubjectChange],
    there_before: Collection[str],
    there_after: Collection[str],
) -> Changes:
    """``there_*``: who had a template, and so could be recognised."""
    about = {each.subject_id: each for each in found}
    both = [each for whose, each in about.items() if whose in there_before and whose in there_after]
    return replace(
        changes,
        new=_sorted(whose for whose in there_after if whose not in there_before),
        gone=_sorted(whose for whose in there_before if whose not in there_after),
        pictures=_sorted(e.subject_id for e in both if e.pictures_added or e.pictures_removed),
        attributes=_sorted(each.subject_id for each in both if _says_other(each)),
    )


def _says_other(change: SubjectChange) -> bool:
    """A review is to be made before every deployment: it changes nothing."""
    return not _REVIEW.issuperset(map(column_key, change.attributes))


def without(changes: Changes, subject_id: str) -> Changes:
    """As if nobody had ever known of this subject."""

    def others(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in names if each != subject_id)

    return replace(
        changes,
        new=others(changes.new),
        gone=others(changes.gone),
        pictures=others(changes.pictures),
        attributes=others(changes.attributes),
    )


def count_changes(changes: Changes) -> ChangeCounts:
    return ChangeCounts(
        deployment_id=changes.deployment_id,
        new=len(changes.new),
        gone=len(changes.gone),
        pictures=len(changes.pictures),
        attributes=len(changes.attributes),
        known=not changes.trouble,
    )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
