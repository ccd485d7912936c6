"""A figure of an evaluation: the one form in which all of it is kept, shown and compared. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from lfr_batch.evaluation.intervals import MeasuredRate

PROBE = "probe"
"""Rows of single pictures, which are for comparing evaluations and are shown nowhere."""


PROTOCOL, SAID = "protocol", "said"
"""Rows of words: how it was decided who is who, and sentences about the labels."""


@dataclass(frozen=True, slots=True)
class Figure:
    """As the dataset ``evaluations`` has it."""

    figure: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    found: int | None = None
    among: int | None = None
    people: int | None = None
    threshold: float | None = None
    point: float | None = None
    group_column: str | None = None
    group_value: str | None = None
    method: str | None = None
    detail: str | None = None
    probe_key: str | None = None
    person_key: str | None = None


def of_rate(figure: str, rate: MeasuredRate | None, **more: Any) -> Figure:
    """Without a value where there is nothing of which it would be a share."""
    if rate is None:
        return Figure(figure, found=0, among=0, people=0, **more)
    said = {name: getattr(rate, name) for name in MeasuredRate.__slots__}
    return Figure(figure, **said, **more)


def too_few(figure: str, column: str, value: str, **more: Any) -> Figure:
    """A group that is named, and of which nothing is said."""
    said = f"too few to say: fewer than {FEWEST}"
    return Figure(figure, group_column=column, group_value=value, detail=said, **more)


FEWEST = "10 people or 30 searches, or the next smallest, from which theirs would follow"


class EvaluationFigures:
    """Looked up by what they are of."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self.all = tuple(figures)

    def one(self, figure: str, point: float | None = None) -> Figure | None:
        """The figure of everybody; None where there is none."""
        found = (f for f in self.all if f.figure == figure and f.group_column is None)
        return next((f for f in found if point is None or f.point == point), None)

    def many(self, figure: str, column: str | None = None) -> tuple[Figure, ...]:
        return tuple(f for f in self.all if f.figure == figure and f.group_column == column)

    def words(self, figure: str) -> tuple[str, ...]:
        """Of rows of words."""
        return tuple(f.detail for f in self.many(figure) if f.detail)

    def columns(self) -> tuple[str, ...]:
        """Of groups, in their order."""
        return tuple(dict.fromkeys(f.group_column for f in self.all if f.group_column))


def worded(protocol: str, said: Iterable[str]) -> list[Figure]:
    """What a report says beside the figures, as rows."""
    return [Figure(PROTOCOL, detail=protocol), *(Figure(SAID, detail=each) for each in said)]


def as_rows(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    return [{"figure_id": number, **asdict(figure)} for number, figure in enumerate(figures)]


def of_rows(rows: Iterable[Mapping[str, Any]]) -> EvaluationFigures:
    names = [field.name for field in fields(Figure)]
    return EvaluationFigures(Figure(**{name: row[name] for name in names}) for row in rows)
