"""What a watchlist is made of, in numbers: kept for good and published, without a name. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from lfr_batch.config.policy import WatchlistPolicy, period_of
from lfr_batch.live.deployment.changes import ChangeCounts, Changes, count_changes
from lfr_batch.live.deployment.entries import WatchlistEntry, says_nothing

MOST_GROUPS = 20
"""Of categories, or sources; the smaller ones are counted together."""
OTHERS, NOT_STATED, OLDER = "others", "not stated", "older"
AGES: Mapping[str, timedelta] = MappingProxyType(
    {
        "up to 7 days": timedelta(days=7),
        "up to 31 days": timedelta(days=31),
        "up to 1 year": timedelta(days=365),
    }
)
"""From the day an entry was added to the start, youngest first."""


class Composition(BaseModel):
    """Numbers of entries. ``stated``: whether any of them says anything of itself."""

    model_config = ConfigDict(frozen=True)

    entries: int
    stated: bool
    categories: dict[str, int] = {}
    sources: dict[str, int] = {}
    ages: dict[str, int] = {}
    reviewed: int = 0
    """On a day within ``reviewed_within`` before the start."""
    reviewed_within: str | None = None
    """None: whenever."""
    changes: ChangeCounts | None = None
    """Since the deployment before; None where there is none."""


def composed(
    entries: Sequence[WatchlistEntry], rules: WatchlistPolicy, today: date, changes: Changes | None
) -> Composition:
    return Composition(
        entries=len(entries),
        stated=not says_nothing(entries),
        categories=_groups(entry.said.get("category") for entry in entries),
        sources=_groups(entry.said.get("source") for entry in entries),
        ages=dict(_ages([entry.day("added_on", today) for entry in entries], today)),
        reviewed=sum(_is_reviewed(entry, rules.reviewed_within, today) for entry in entries),
        reviewed_within=rules.reviewed_within,
        changes=None if changes is None else count_changes(changes),
    )


def _groups(names: Iterable[str | None]) -> dict[str, int]:
    """Largest first, what is not stated last."""
    counted = Counter(name or NOT_STATED for name in names)
    unstated = counted.pop(NOT_STATED, 0)
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    groups = dict(ordered[:MOST_GROUPS])
    rest = sum(number for _, number in ordered[MOST_GROUPS:])
    if rest:
        groups[OTHERS] = groups.get(OTHERS, 0) + rest
    return {**groups, NOT_STATED: unstated} if unstated else groups


def _ages(days: Sequence[date | None], today: date) -> Iterator[tuple[str, int]]:
    counted = Counter(_age(day, today) for day in days)
    return ((name, counted[name]) for name in (*AGES, OLDER, NOT_STATED) if counted[name])


def _age(day: date | None, today: date) -> str:
    if day is None:
        return NOT_STATED
    return next((name for name, span in AGES.items() if today - day <= span), OLDER)


def _is_reviewed(entry: WatchlistEntry, within: str | None, today: date) -> bool:
    day = entry.day("reviewed_on", today)
    return day is not None and (within is None or today - day <= period_of(within))
