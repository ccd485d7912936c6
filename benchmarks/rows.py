"""A measurement as a row: what, with which setting, how much, of how much at most. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

REFUSED, NOT_MEASURED = "refused", "not measured"
SPANS = frozenset({"s", "ms"})
"""Units of which less is better; of all others more is."""
HEAD = ("what", "setting", "figure", "limit", "share", "note")


@dataclass(frozen=True, slots=True)
class Row:
    """``limit`` is what the machine itself allows, in the same unit; None: there is none."""

    what: str
    setting: str
    figure: float | str
    """A word where there is no figure; ``note`` says why."""
    unit: str = ""
    limit: float | None = None
    note: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """For the report alone."""

    @property
    def share(self) -> float | None:
        """Of the limit that was reached, 1 being all of it."""
        return share_of(self.figure, self.limit, self.unit)


def share_of(figure: float | str | None, limit: float | None, unit: str) -> float | None:
    if not isinstance(figure, float | int) or not figure or not limit:
        return None
    return limit / figure if unit in SPANS else figure / limit


def refused(what: str, setting: str, error: BaseException) -> Row:
    """What raised, as a row with its sentence."""
    sentence = " ".join(str(error).split())
    kind = type(error).__name__
    return Row(what, setting, REFUSED, note=f"{kind}: {sentence}" if sentence else kind)


def tried(what: str, setting: str, measure: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    """The rows of a measurement; where it raises, one that says so after those that it gave."""
    try:
        yield from measure()
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are to be measured
        yield refused(what, setting, error)


def figure_of(rows: Iterable[Row], what: str, setting: str | None = None) -> float | None:
    """The last figure under that name; None where there is none."""
    found = (row.figure for row in rows if row.what == what and setting in {None, row.setting})
    return next((f for f in reversed(list(found)) if isinstance(f, float | int)), None)


def as_json(row: Row) -> dict[str, Any]:
    """Without what it has not."""
    content = {**asdict(row), "share": row.share}
    return {name: value for name, value in content.items() if value not in (None, "", {})}


def as_cells(row: Row) -> tuple[str, ...]:
    unit = f" {row.unit}" if row.unit else ""
    figure = f"{shown(row.figure)}{unit}" if isinstance(row.figure, float | int) else row.figure
    limit = "" if row.limit is None else shown(row.limit)
    share = "" if row.share is None else f"{row.share:.2f}"
    return row.what, row.setting, figure, limit, share, row.note


def as_table(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Its head first."""
    return [HEAD, *map(as_cells, rows)]


def shown(figure: float) -> str:
    """Three digits that matter, thousands apart."""
    if figure and abs(figure) < 1:
        return f"{figure:.3g}"
    digits = max(0, 2 - len(str(int(abs(figure)))) + 1) if abs(figure) < 100 else 0
    return f"{figure:,.{digits}f}"
