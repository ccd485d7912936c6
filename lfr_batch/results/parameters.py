"""Values of a question's ``$parameters``, as they are written on a command line. Pure."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from lfr_batch.errors import QueryError

_GIVEN = re.compile(r"\$?([A-Za-z0-9_]+)=(.*)", re.DOTALL)


_MOST_ROWS = 2**31 - 1
_NUMBERS: Mapping[str, tuple[Callable[[str], float], float, float, str]] = MappingProxyType(
    {
        "top": (int, 1, _MOST_ROWS, "a whole number from 1"),
        "minutes": (float, 0, sys.float_info.max, "a number from 0"),
    }
)
"""Parameters of the ready questions that are numbers: a wrong one would read as "nobody"."""
_CHOICES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "all": {"true": True, "false": False},
        "per": {"camera": "camera", "site": "site"},
    }
)
"""Those that are one of few words, and what each means."""


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """``given``, its numbers as numbers and its words as what they mean. Raises QueryError, by
    name, for what is none of these or too far out."""
    return {name: _checked(name, value) for name, value in given.items()}


def _checked(name: str, value: Any) -> Any:
    if name in _NUMBERS:
        return _number(name, value)
    return _choice(name, value) if name in _CHOICES else value


def _choice(name: str, value: Any) -> Any:
    choices = _CHOICES[name]
    if value is not None and str(value).lower() not in choices:
        raise QueryError(f"{name} is {' or '.join(choices)}, not {str(value)!r}")
    return None if value is None else choices[str(value).lower()]


def _number(name: str, value: Any) -> float | None:
    kind, least, most, what = _NUMBERS[name]
    try:
        number = None if value is None else kind(str(value))
    except ValueError:
        number = math.nan
    if number is not None and not least <= number <= most:
        raise QueryError(f"{name} is {what}, not {str(value)!r}")
    return number


def parameter(said: str) -> tuple[str, str]:
    """``name=value`` → the two; the value is text, spaces and all: ``$n::INTEGER`` makes a number.

    Raises QueryError for anything else.
    """
    given = _GIVEN.fullmatch(said)
    if given is None and re.fullmatch(r"\$?[A-Za-z0-9_]+", said):
        raise QueryError(f"{said} has no value: write {said.lstrip('$')}=VALUE")
    if given is None:
        raise QueryError(f"{said!r} is no parameter: write NAME=VALUE, as in run_id=20260131-…")
    return given[1], given[2]
