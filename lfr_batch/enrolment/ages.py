"""How old those are who are to be enrolled: what the operator says where no column does. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from lfr_batch.errors import UsageError
from lfr_batch.gallery.known_columns import age_of
from lfr_batch.gallery.minors import (
    ADULT_Y,
    REFUSED_BELOW_Y,
    ages_of_listing,
    without_children,
)
from lfr_batch.gallery.records import AgesSaid, Listing

QUESTION = (
    "Is anybody in these pictures under 18? Press Enter if nobody is, else give the age of the "
    "youngest"
)
NOBODY_UNDER_18 = ("", "n", "no", "nobody")

AskAges = Callable[[str], str | None]
"""Asks a person once; None: nobody is there to be asked."""


def nobody_to_ask(_: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class AgeRules:
    """What the operator says beside the table."""

    adults: bool = False
    """Nobody whose age no column states is under 18."""
    accept_children: bool = False
    """Children under 6 are enrolled."""


def allowed_of(listing: Listing, rules: AgeRules) -> Listing:
    """Without the children under 6 whose age is said, unless they are accepted."""
    return listing if rules.accept_children else without_children(listing)


def ages_said(listing: Listing, rules: AgeRules, today: date, ask: AskAges) -> AgesSaid:
    """What is known of the ages of those whom no column states; ``ask`` is asked where neither a
    column nor the rules say it.

    Raises UsageError where the answer is none, or is that somebody is under 6.
    """
    known = ages_of_listing(listing, today)
    if known.stated == known.subjects:
        return "stated"
    if rules.adults:
        return "adults"
    answer = None if rules.accept_children else ask(QUESTION)
    return "not stated" if answer is None else _answered(answer.strip())


def _answered(answer: str) -> AgesSaid:
    if answer.casefold() in NOBODY_UNDER_18:
        return "adults"
    youngest = age_of(answer)
    if youngest is None:
        raise UsageError(
            f"{answer!r} is no age: give the youngest's in years, or nothing where nobody is under "
            f"{ADULT_Y:.0f}."
        )
    if youngest < REFUSED_BELOW_Y:
        raise UsageError(
            f"Children under {REFUSED_BELOW_Y:.0f} are not enrolled, since they are taken for each "
            "other: say in a column 'age' of --subjects who they are, so that they are left out, "
            "or accept that with --accept-children."
        )
    return "minors" if youngest < ADULT_Y else "adults"
