"""How many of the volunteers who passed were recognised: the rate is of passes. Pure.

A pass is recognised if an alert of its volunteer at its camera lies within ``within_s`` of it. An
alert belongs to the pass that is nearest to it, of two as near to the earlier one, and to no other:
of passes that are closer than that one may count as missed, and no alert counts for two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from lfr_batch.live.deployment.volunteers import NOT_STATED, Seeding
from lfr_batch.live.records import Alert, VolunteerPass

FEWEST_PASSES, FEWEST_PEOPLE = 10, 5
"""Of a group: below that its rate would be about some people, and not about the group."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What an alert of a volunteer says."""

    subject_id: str
    camera: str
    at: datetime


class PassCounts(BaseModel):
    """Of a camera, a group, or of all."""

    model_config = ConfigDict(frozen=True)

    name: str = ""
    people: int = 0
    """Who passed at least once."""
    passes: int = 0
    recognised: int = 0
    is_hidden: bool = False
    """Of a group: how many were recognised would be about some people, and is not kept."""

    @property
    def is_too_few(self) -> bool:
        return self.passes < FEWEST_PASSES or self.people < FEWEST_PEOPLE


class SeedingFigures(BaseModel):
    """Numbers alone: they are kept for good."""

    model_config = ConfigDict(frozen=True)

    volunteers: int
    within_s: float
    total: PassCounts = PassCounts()
    cameras: tuple[PassCounts, ...] = ()
    groups: dict[str, tuple[PassCounts, ...]] = {}
    """By column of the watchlist's table."""
    alerts: int = 0
    """Of volunteers."""
    unclaimed: int = 0
    """Of these, such as belong to no stated pass."""


def recognition_of(alert: Alert) -> Recognition:
    return Recognition(alert.subject_id, alert.camera, alert.captured_at)


def seeding_figures(
    seeding: Seeding,
    passes: Iterable[VolunteerPass],
    recognitions: Iterable[Recognition],
    cameras: Sequence[str],
) -> SeedingFigures:
    stated = sorted((p for p in passes if not p.taken_back), key=lambda p: (p.at, p.pass_id))
    seen = list(recognitions)
    belonging = [nearest_pass(each, stated, seeding.within_s) for each in seen]
    recognised = {each.pass_id for each in belonging if each is not None}
    return SeedingFigures(
        volunteers=len(seeding.volunteers),
        within_s=seeding.within_s,
        total=_counted("", stated, recognised),
        cameras=tuple(
            _counted(name, [p for p in stated if p.camera == name], recognised) for name in cameras
        ),
        groups={name: _of_group(name, seeding, stated, recognised) for name in seeding.groups},
        alerts=len(seen),
        unclaimed=belonging.count(None),
    )


def nearest_pass(
    seen: Recognition, passes: Iterable[VolunteerPass], within_s: float
) -> VolunteerPass | None:
    """``passes``: earliest first."""
    own = [p for p in passes if (p.subject_id, p.camera) == (seen.subject_id, seen.camera)]
    nearest = min(own, key=lambda p: _apart_s(p.at, seen.at), default=None)
    if nearest is None or _apart_s(nearest.at, seen.at) > within_s:
        return None
    return nearest


def _of_group(
    column: str, seeding: Seeding, passes: Sequence[VolunteerPass], recognised: set[str]
) -> tuple[PassCounts, ...]:
    """By what the table says there; what is not stated last. Those who never passed, too."""
    value_of = {whose: said.get(column, NOT_STATED) for whose, said in seeding.volunteers.items()}
    values = sorted(set(value_of.values()), key=lambda value: (value == NOT_STATED, value))
    return without_few(
        [
            _counted(value, [p for p in passes if value_of.get(p.subject_id) == value], recognised)
            for value in values
        ]
    )


def without_few(groups: Sequence[PassCounts]) -> tuple[PassCounts, ...]:
    """Without what those of too few would say; and, since it could be told from all and the others,
    without the next smallest, until those that are left out are together not too few."""
    hidden: list[PassCounts] = []
    for each in sorted(groups, key=lambda each: (not each.is_too_few, each.passes, each.people)):
        passes, people = (sum(getattr(g, of) for g in hidden) for of in ("passes", "people"))
        would_tell = bool(passes) and PassCounts(passes=passes, people=people).is_too_few
        if each.is_too_few or would_tell:
            hidden.append(each)
    return tuple(
        each.model_copy(update={"recognised": 0, "is_hidden": True}) if each in hidden else each
        for each in groups
    )


def _counted(name: str, passes: Sequence[VolunteerPass], recognised: set[str]) -> PassCounts:
    return PassCounts(
        name=name,
        people=len({p.subject_id for p in passes}),
        passes=len(passes),
        recognised=sum(p.pass_id in recognised for p in passes),
    )


def _apart_s(one: datetime, other: datetime) -> float:
    return abs((one - other).total_seconds())
