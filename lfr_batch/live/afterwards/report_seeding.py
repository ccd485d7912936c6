"""How the report of a deployment states which part of its volunteers was recognised. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lfr_batch.live.deployment.recognition_rate import (
    FEWEST_PASSES,
    FEWEST_PEOPLE,
    PassCounts,
    SeedingFigures,
)
from lfr_batch.proportion import Proportion, proportion

TOO_FEW = (
    f"Of a group with fewer than {FEWEST_PASSES} passes or {FEWEST_PEOPLE} people no rate is "
    "shown: it would be about these people, and not about the group. Nor is that of another group "
    "from which theirs could be told."
)


@dataclass(frozen=True, slots=True)
class RecognisedRow:
    """A line of a table. ``rate``: None of no passes, and of a group with too few."""

    counted: PassCounts
    rate: Proportion | None
    is_hidden: bool = False
    """Too few of a group: neither rate nor number of the recognised is shown."""


def of_all(counted: PassCounts) -> RecognisedRow:
    """Of all volunteers, or of a camera, which all of them pass."""
    return RecognisedRow(counted, proportion(counted.recognised, counted.passes))


def of_group(counted: PassCounts) -> RecognisedRow:
    if counted.is_hidden or counted.is_too_few:
        return RecognisedRow(counted, None, is_hidden=True)
    return of_all(counted)


def seeding_context(seeding: SeedingFigures | None) -> Mapping[str, Any] | None:
    """What the template shows, by name; None without volunteers."""
    if seeding is None:
        return None
    return {
        "figures": seeding,
        "total": of_all(seeding.total),
        "cameras": [of_all(camera) for camera in seeding.cameras],
        "groups": {name: [*map(of_group, rows)] for name, rows in seeding.groups.items()},
        "too_few": TOO_FEW,
    }


def seeding_row(seeding: SeedingFigures | None) -> dict[str, Any]:
    """Columns of the CSV; empty without volunteers, the rate also without a pass."""
    total = of_all(seeding.total) if seeding else None
    rate = total.rate if total else None
    return {
        "volunteers": seeding.volunteers if seeding else 0,
        "volunteer_passes": total.counted.passes if total else None,
        "volunteer_passes_recognised": total.counted.recognised if total else None,
        "true_recognition_rate": rate.share if rate else None,
        "true_recognition_rate_95_low": rate.low if rate else None,
        "true_recognition_rate_95_high": rate.high if rate else None,
        "recognised_by_camera": _joined(map(of_all, seeding.cameras)) if seeding else None,
        "recognised_by_group": "; ".join(_by_group(seeding)) if seeding else None,
        "recognised_within_s": seeding.within_s if seeding else None,
        "volunteer_alerts_without_pass": seeding.unclaimed if seeding else None,
    }


def _by_group(seeding: SeedingFigures) -> Iterator[str]:
    for name, rows in seeding.groups.items():
        yield _joined(map(of_group, rows), f"{name}: ")


def _joined(rows: Iterable[RecognisedRow], before: str = "") -> str:
    return "; ".join(f"{before}{row.counted.name}={_said(row)}" for row in rows)


def _said(row: RecognisedRow) -> str:
    """'recognised of passes'; of too few, of how many alone."""
    recognised = "too few" if row.is_hidden else str(row.counted.recognised)
    return f"{recognised} of {row.counted.passes}"
