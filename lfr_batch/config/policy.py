"""Rules of the house, ``policy.yaml``: how long results are kept, what a watchlist must have, what
a case is for, what an authorisation is, and where a reason is asked for. Pure.

Frozen and strict, as the configuration is; ``conf/policy.yaml`` shows every key with its default.
What a default says keeps, deletes and refuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lfr_batch.config.schema import Section

_PERIOD = re.compile(r"([1-9]\d{0,5})(h|d|w)")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
LONGEST = timedelta(days=36525)


def _known(text: str) -> str:
    period_of(text)
    return text


def period_of(text: str) -> timedelta:
    """Of '12h', '90d' or '6w'. Raises ValueError for anything else, and for over a century."""
    found = _PERIOD.fullmatch(text)
    if not found:
        raise ValueError("it is no period; write 12h, 90d or 6w")
    period = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if period > LONGEST:
        raise ValueError("it is over a century; null keeps for ever")
    return period


def period_in_words(text: str) -> str:
    """'12 hours', '1 day', '6 weeks'. Raises ValueError as ``period_of``."""
    period_of(text)
    number, unit = text[:-1], _UNITS[text[-1]]
    return f"{number} {unit if number != '1' else unit.removesuffix('s')}"


Period = Annotated[str, AfterValidator(_known)]


class RetentionPolicy(Section):
    default: Period | None = None
    """How long runs of cases that ``cases`` does not name are kept, from their end on; null: for
    ever."""
    cases: Annotated[Mapping[str, Period | None], Field(max_length=10_000)] = {}
    """By case, or by a pattern of cases like OP-*; null: for ever. A case's own name comes before
    patterns, of which the first that fits counts."""


EntryField = Literal["source", "category", "reason", "added_on", "reviewed_by", "reviewed_on"]
"""What is said of an entry of a watchlist: columns of ``--subjects`` when it was enrolled."""
EntryFault = Literal["missing", "category", "old", "not_reviewed"]


class WatchlistPolicy(Section):
    required: tuple[EntryField, ...] = ("source", "category", "reason", "added_on", "reviewed_by")
    """What every entry is to say; who says it not is ``missing``."""
    categories: tuple[str, ...] | None = None
    """Those there may be, in small or large letters; another is a ``category``. None: any."""
    max_age: Period | None = "52w"
    """From ``added_on`` to the start; what is over, or of unknown age, is ``old``. None: any."""
    reviewed_within: Period | None = "7d"
    """From ``reviewed_on`` to the start; what is over, or of unknown day, is ``not_reviewed``.
    None: whenever, or never."""
    refuse: tuple[EntryFault, ...] = ()
    """Which of these keeps a deployment from beginning; the others are named."""


Words = Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]


class CasesPolicy(Section):
    version: Annotated[int, Field(ge=1)] = 1
    """Of the two lists; each case keeps the one that it was opened by."""
    kinds_of_use: Words = (
        "retrospective search",
        "missing person",
        "vulnerable person",
        "identify a victim",
        "identify the deceased",
        "counter terrorism",
        "testing",
    )
    """What a case may be opened for."""
    harm: Words = (
        "threat to life",
        "terrorism",
        "serious violence",
        "sexual offence",
        "exploitation",
        "weapons or drugs",
        "burglary or robbery",
        "theft or fraud",
        "public order",
        "other",
    )
    """Categories of the harm that it is about."""
    known_only: bool = False
    """Whether a run is refused whose case was not opened."""


class AuthorisationPolicy(Section):
    text: bool = True
    """Whether a text (rank, name, reference) is authority enough for a run; False: an authorisation
    that somebody else has granted."""
    valid_for: Period = "30d"
    """How long one counts after it was granted, at most."""
    urgent: Period | None = None
    """How long after an urgent request runs may go ahead, and their results be read, before it is
    granted; None: never."""


AGE_KEY = re.compile(r"age1[02-9ac-hj-np-z]{58}")
"""A public key as `age-keygen` writes it."""


def _is_age_key(text: str) -> str:
    if not AGE_KEY.fullmatch(text):
        raise ValueError("it is no public key of age; `age-keygen` makes one, which begins age1")
    return text


AgeKey = Annotated[str, AfterValidator(_is_age_key)]


class EvidencePolicy(Section):
    keys: Annotated[Mapping[str, AgeKey], Field(max_length=10_000)] = {}
    """Public keys by the names of those who may open what `lfr evidence --to NAME` seals."""


OpeningWay = Literal["sql", "report", "export", "evidence", "review"]
"""How results are opened: asked, as a page, for other programs, as a pack, to be decided about."""


class OpeningPolicy(Section):
    ask_why: tuple[OpeningWay, ...] = ()
    """Where ``--why`` is required; it is kept in the audit log wherever it is given."""


class GovernancePolicy(Section):
    fewest: Annotated[int, Field(ge=1, le=1000)] = 5
    """People or searches of which a board's figures print a count; fewer are hidden."""


class Policy(Section):
    version: Literal[1] = 1
    """Of this form."""
    retention: RetentionPolicy = RetentionPolicy()
    watchlist: WatchlistPolicy = WatchlistPolicy()
    cases: CasesPolicy = CasesPolicy()
    authorisation: AuthorisationPolicy = AuthorisationPolicy()
    evidence: EvidencePolicy = EvidencePolicy()
    opening: OpeningPolicy = OpeningPolicy()
    governance: GovernancePolicy = GovernancePolicy()


def rule_of(
    policy: RetentionPolicy, case_ref: str, own: Period | None = None
) -> tuple[str, timedelta | None]:
    """What decides for a case, in words, and how long its runs are kept; None: for ever. ``own``:
    the period of the case itself, which comes first."""
    if own is not None:
        return f"of the case: {own}", period_of(own)
    fitting = (name for name in policy.cases if fnmatchcase(case_ref, name))
    name = case_ref if case_ref in policy.cases else next(fitting, None)
    text = policy.default if name is None else policy.cases[name]
    which = "default" if name is None else f"cases.{name}"
    return f"retention.{which}: {text or 'null'}", period_of(text) if text else None
