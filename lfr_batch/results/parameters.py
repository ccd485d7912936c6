"""Values of a question's ``$parameters``, as they are written on a command line. Pure."""

from __future__ import annotations

import re

from lfr_batch.errors import QueryError

_GIVEN = re.compile(r"\$?([A-Za-z0-9_]+)=(.*)", re.DOTALL)


def parameter(said: str) -> tuple[str, str]:
    """``name=value`` → the two; the value is text, spaces and all: ``$n::INTEGER`` makes a number.

    Raises QueryError for anything else.
    """
    given = _GIVEN.fullmatch(said)
    if given is None:
        raise QueryError(f"{said!r} is no parameter: write NAME=VALUE, as in run_id=20260131-…")
    return given[1], given[2]
