"""Rules of the house, ``policy.yaml``: how long results are kept. Pure.

Frozen and strict, as the configuration is; ``conf/policy.yaml`` shows every key with its default.
What a default says changes nothing.
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


Period = Annotated[str, AfterValidator(_known)]


class RetentionPolicy(Section):
    default: Period | None = None
    """How long runs of cases that ``cases`` does not name are kept, from their end on; null: for
    ever."""
    cases: Annotated[Mapping[str, Period | None], Field(max_length=10_000)] = {}
    """By case, or by a pattern of cases like OP-*; null: for ever. A case's own name comes before
    patterns, of which the first that fits counts."""


class Policy(Section):
    version: Literal[1] = 1
    """Of this form."""
    retention: RetentionPolicy = RetentionPolicy()


def rule_of(policy: RetentionPolicy, case_ref: str) -> tuple[str, timedelta | None]:
    """What decides for a case, in words, and how long its runs are kept; None: for ever."""
    fitting = (name for name in policy.cases if fnmatchcase(case_ref, name))
    name = case_ref if case_ref in policy.cases else next(fitting, None)
    text = policy.default if name is None else policy.cases[name]
    which = "default" if name is None else f"cases.{name}"
    return f"retention.{which}: {text or 'null'}", period_of(text) if text else None
