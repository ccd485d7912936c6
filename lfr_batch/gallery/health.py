"""A gallery looked through: which of its pictures are worth a second look, and why. Pure.

Nothing here decides about anybody: it names pictures that a person should look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa

from lfr_batch.faces.quality_components import COMPONENTS, scores, worth_a_look
from lfr_batch.gallery.attraction import Attracted, Probes, outliers, tail_probabilities
from lfr_batch.gallery.close_pairs import ClosePairs
from lfr_batch.gallery.exact_scores import Doubles, Rows
from lfr_batch.gallery.fit import OwnFit, worst_of_each
from lfr_batch.gallery.known_columns import DAYS_A_YEAR
from lfr_batch.gallery.quality_columns import ALWAYS, TAKEN, numbers
from lfr_batch.gallery.records import Snapshot
from lfr_batch.records import BoolArray

NAMED = 3
"""People whom a picture brings up, of whom it is said who they are."""
FAULTS: Mapping[str, str] = {
    "lamb": "brings up strangers",
    "other": "fits another subject better",
    "misfit": "does not fit its subject",
    "rival": "looks like another subject",
    "old": "old",
    "quality": "quality",
}
"""Why a picture is worth a second look, the most pressing first."""
REPLACE = ("lamb", "other", "misfit")
"""What another picture mends."""


@dataclass(frozen=True, slots=True)
class MeasuredPictures:
    """All that is known of n pictures; row i is template i."""

    people: Rows
    """(n,) false candidates: people of the cohort whom each brings up."""
    lambs: BoolArray
    """(n,) more than chance has it."""
    own: OwnFit
    best_other: Doubles
    """(n,) the best score with another subject's picture; NaN where that was not looked for."""
    other_rows: Rows
    """(n,) which picture that is; -1: none was looked for."""
    looks: Mapping[str, BoolArray]
    """Component to (n,): worth a second look for it."""
    is_measured: BoolArray
    years: Doubles
    """(n,) since it was taken; NaN where that is not known."""


@dataclass(frozen=True, slots=True)
class HealthLimits:
    threshold: float
    duplicate_score: float
    older_than_y: float
    is_calibrated: bool = True
    """False: the pack says nothing of cosines, and the threshold is ``duplicate_score``."""


@dataclass(frozen=True, slots=True)
class PictureHealth:
    row: int
    subject_id: str
    image_id: str
    faults: tuple[str, ...]
    """Keys of ``FAULTS``, most pressing first; empty: nothing."""
    people: int
    """Of the cohort, whom it brings up."""
    own_mean: float | None
    best_other: float | None
    other_subject: str | None
    """Whom ``best_other`` is of."""
    years: float | None
    looks: tuple[str, ...] = ()
    """Components, in words."""
    is_measured: bool = True


@dataclass(frozen=True, slots=True)
class GalleryHealth:
    gallery: str
    snapshot_id: str
    pictures: int
    subjects: int
    limits: HealthLimits
    fmr: float
    """That the threshold allows."""
    cohort: str
    """Who the people are."""
    cohort_people: int
    cohort_pictures: int
    sampled: bool
    brought_up: int
    """Pairs of a picture and somebody else whom it brings up."""
    worth: tuple[PictureHealth, ...]
    """Pictures that are worth a second look, most pressing first."""
    worst_fits: tuple[PictureHealth, ...]
    """Of each subject with several pictures the one that fits worst, worst first."""
    attracting: tuple[PictureHealth, ...] = ()
    """Those that bring up most, whether by chance or not."""
    strangers: Mapping[int, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    """Row of a lamb to those whom it brings up, best first."""
    not_measured: int = 0
    """Pictures that an older version enrolled."""

    def count(self, fault: str) -> int:
        return sum(fault in picture.faults for picture in self.worth)

    @property
    def quality_counts(self) -> dict[str, int]:
        counts = Counter(words for picture in self.worth for words in picture.looks)
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def quality_looks(table: pa.Table) -> tuple[dict[str, BoolArray], BoolArray]:
    """By component in words, which pictures are worth a second look; and which were measured."""
    looks = {
        each.words: worth_a_look(each, numbers(table[each.name]))
        for each in COMPONENTS
        if each.words
    }
    return looks, ~np.isnan(numbers(table[ALWAYS]))


def years_since(table: pa.Table, today: date) -> Doubles:
    """(n,) since pictures were taken, NaN where that is not known."""
    said = table[TAKEN].to_pylist()
    days = {text: (today - date.fromisoformat(text)).days for text in set(said) if text}
    return np.array([days[text] / DAYS_A_YEAR if text else np.nan for text in said], np.float64)


def components_of(row: Mapping[str, float | None]) -> dict[str, dict[str, float | str | None]]:
    """Of one picture: each component's raw value, its unit, and its score where it has one."""
    found: dict[str, dict[str, float | str | None]] = {}
    for each in COMPONENTS:
        value = row[each.name]
        raw = np.array([np.nan if value is None else value], np.float64)
        mapped = scores(each, raw)
        score = None if mapped is None or np.isnan(mapped[0]) else float(mapped[0])
        found[each.name] = {"raw": value, "unit": each.unit, "score": score}
    return found


def best_of_rows(found: Attracted, rows: Rows, templates: int) -> tuple[Doubles, Rows]:
    """(n,) best score with another subject and whose picture that is, of the rows that were
    probes."""
    best, other = np.full(templates, np.nan), np.full(templates, -1, np.int64)
    there = found.best_rows >= 0
    best[rows[there]] = found.best_scores[there]
    other[rows[there]] = found.best_rows[there]
    return best, other


def with_pairs(
    best: Doubles, other: Rows, subjects: Rows, pairs: ClosePairs
) -> tuple[Doubles, Rows]:
    """The same, with what an enrolment found and kept: all pairs of subjects that look alike."""
    across = pairs.take(subjects[pairs.left] != subjects[pairs.right])
    rows = np.concatenate([across.left, across.right])
    theirs = np.concatenate([across.right, across.left])
    reached = np.concatenate([across.scores, across.scores]).astype(np.float64)
    order = np.argsort(reached, kind="stable")  # of several the best is written last
    rows, theirs, reached = rows[order], theirs[order], reached[order]
    more = ~(best[rows] >= reached)
    best, other = best.copy(), other.copy()
    best[rows[more]], other[rows[more]] = reached[more], theirs[more]
    return best, other


def lambs_of(people: Rows, subjects: Rows, of: int, fmr: float) -> BoolArray:
    """(n,) see ``outliers``."""
    return outliers(tail_probabilities(people, subjects, of, fmr))


def pictures_of(
    snapshot: Snapshot, measured: MeasuredPictures, faulty: Mapping[str, BoolArray]
) -> list[PictureHealth]:
    """Those that are worth a second look, most pressing first."""
    which = np.flatnonzero(np.any([*faulty.values()], axis=0))
    found = [picture_at(snapshot, measured, faulty, row) for row in which.tolist()]
    return sorted(found, key=_pressing)


def worst_fits(
    snapshot: Snapshot,
    measured: MeasuredPictures,
    faulty: Mapping[str, BoolArray],
    subjects: Rows,
    most: int,
) -> list[PictureHealth]:
    """Of each subject the picture that fits it worst, worst first."""
    rows = worst_of_each(measured.own.mean, subjects)
    ordered = rows[np.argsort(measured.own.mean[rows], kind="stable")][:most]
    return [picture_at(snapshot, measured, faulty, row) for row in ordered.tolist()]


def most_attracting(
    snapshot: Snapshot, measured: MeasuredPictures, faulty: Mapping[str, BoolArray], most: int
) -> list[PictureHealth]:
    """Those that bring up most, of those that bring up anybody."""
    rows = np.argsort(-measured.people, kind="stable")[:most].tolist()
    return [picture_at(snapshot, measured, faulty, row) for row in rows if measured.people[row]]


def picture_at(
    snapshot: Snapshot, measured: MeasuredPictures, faulty: Mapping[str, BoolArray], row: int
) -> PictureHealth:
    """``faulty``: as ``faults_of``."""
    other = int(measured.other_rows[row])
    return PictureHealth(
        row=row,
        subject_id=snapshot.subject_ids[row],
        image_id=snapshot.image_ids[row],
        faults=tuple(name for name in FAULTS if faulty[name][row]),
        people=int(measured.people[row]),
        own_mean=_number(measured.own.mean[row]),
        best_other=_number(measured.best_other[row]),
        other_subject=snapshot.subject_ids[other] if other >= 0 else None,
        years=_number(measured.years[row]),
        looks=tuple(words for words, those in measured.looks.items() if those[row]),
        is_measured=bool(measured.is_measured[row]),
    )


def faults_of(measured: MeasuredPictures, limits: HealthLimits) -> dict[str, BoolArray]:
    """By fault, which of the n pictures have it."""
    best, other, rows = measured.own.best, measured.best_other, measured.other_rows
    # Of two pictures that are closest to each other the one is at fault that its own fit less.
    theirs = np.where(rows >= 0, best[rows], np.nan)
    quality = np.any([*measured.looks.values()], axis=0)
    return {  # comparisons with NaN are false
        "lamb": measured.lambs,
        "other": (other > best) & ~(best > theirs),
        "misfit": best < limits.threshold,
        "rival": other >= limits.duplicate_score,
        "old": measured.years > limits.older_than_y,
        "quality": np.asarray(quality, np.bool_),
    }


def _pressing(picture: PictureHealth) -> tuple[object, ...]:
    first = [*FAULTS].index(picture.faults[0])
    return first, -picture.people, -len(picture.looks), picture.subject_id, picture.image_id


def strangers_of(
    found: Attracted, row: int, probes: Probes, name_of: Callable[[int], str]
) -> tuple[tuple[str, float], ...]:
    """The people whom a picture brings up, by the names of their owners, with their best scores."""
    best: dict[str, float] = {}
    for pair in np.flatnonzero(found.rows == row).tolist():
        name = name_of(int(probes.owners[found.probes[pair]]))
        best[name] = max(best.get(name, -1.0), float(found.scores[pair]))
    return tuple(sorted(best.items(), key=lambda item: (-item[1], item[0])))


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
