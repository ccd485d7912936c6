"""Volunteers of a deployment ("blue list"): enrolled to pass its cameras on purpose, so that it can
be said how many of those who pass are recognised. Pure.

They are on the watchlist, and nobody looks for them: nothing about them counts as an alert.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lfr_batch.config.live import SeedingConfig
from lfr_batch.config.sheets import column_key
from lfr_batch.errors import UsageError
from lfr_batch.visible import plain_line

BLUE_LIST = "blue_list"
"""The column of the enrolment's table that says who is one."""
NOT_STATED = "not stated"
_SEVERAL = 3
"""Two may well differ, in sex, say."""
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"", "no", "false", "0"})

Attributes = Mapping[str, str]
"""All columns of the table that a subject was enrolled with, by their own names."""


@dataclass(frozen=True, slots=True)
class Seeding:
    """Who the volunteers are, and by what their rate is stated; it stays as it was at the start."""

    gallery: str
    within_s: float
    """An alert so long before or after a pass belongs to it."""
    cool_down_s: float
    """Between two alerts, and so between two passes, of a volunteer at a camera."""
    groups: tuple[str, ...] = ()
    """Columns of the table."""
    volunteers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By subject: what the table says in those columns."""


def seeding_of(gallery: str, config: SeedingConfig, people: Mapping[str, Attributes]) -> Seeding:
    """``people``: everybody who can be recognised. Raises UsageError for a table that leaves it
    open who is one, and for a group of which it says nothing."""
    volunteers = {whose: said for whose, said in people.items() if is_volunteer(whose, said)}
    told = {
        whose: {name: _in_column(said, name) or NOT_STATED for name in config.groups}
        for whose, said in sorted(volunteers.items())
    }
    _require_groups(config.groups, told)
    return Seeding(gallery, config.within_s, config.cool_down_s, config.groups, told)


def is_volunteer(subject_id: str, said: Attributes) -> bool:
    """Raises UsageError for what is neither yes nor no."""
    word = _in_column(said, BLUE_LIST).casefold()
    if word not in _YES | _NO:
        raise UsageError(
            f"Whether {subject_id} is a volunteer is not clear: {BLUE_LIST} says {word!r}. Say yes "
            "or no in its table and enrol it again with --subjects."
        )
    return word in _YES


def require_watchlist(seeding: Seeding, entries: int, is_rehearsal: bool) -> None:
    """``entries``: without volunteers. Raises UsageError where everybody is one: its authority is
    for looking for somebody. A rehearsal may be for seeding alone: nobody is in its street."""
    if seeding.volunteers and not entries and not is_rehearsal:
        raise UsageError(
            f"Everybody on watchlist {seeding.gallery} is a volunteer, so nobody would be looked "
            "for: add whom the deployment is for, or rehearse it with --rehearse."
        )


def said_of_volunteers(seeding: Seeding) -> Iterator[str]:
    number = len(seeding.volunteers)
    if number:
        who = "1 volunteer" if number == 1 else f"{number} volunteers"
        yield f"{who} (blue list), who never count as alerts"
    elif seeding.groups:
        yield f"seeding.groups is without effect: nobody says yes in {BLUE_LIST}"


def without_volunteer(seeding: Seeding, subject_id: str) -> Seeding:
    """As if nobody had ever known of this subject."""
    left = {whose: said for whose, said in seeding.volunteers.items() if whose != subject_id}
    return replace(seeding, volunteers=left)


def _require_groups(groups: Sequence[str], told: Mapping[str, Attributes]) -> None:
    for name in groups:
        if told and all(said[name] == NOT_STATED for said in told.values()):
            raise UsageError(
                f"seeding.groups names {name!r}, of which the table says nothing for any "
                "volunteer: enrol it with that column, or leave the group out."
            )
        if len(told) >= _SEVERAL and len({said[name] for said in told.values()}) == len(told):
            raise UsageError(
                f"seeding.groups names {name!r}, in which each volunteer is a group: the report "
                "and figures that are kept for good would tell who they are. Group them by what "
                "several have in common."
            )


def _in_column(said: Attributes, name: str) -> str:
    key = column_key(name)
    return next(_values(said, key), "")


def _values(said: Attributes, key: str) -> Iterator[str]:
    return (plain_line(value) for name, value in said.items() if column_key(name) == key)
