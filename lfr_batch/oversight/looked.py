"""Who has opened results: a signed line of the audit log for each opening, ``results.opened``.

It says who, what of, of which cases and runs, why, and how: identifiers and the question that was
asked, nothing biometric. It keeps nobody from their work: where the log cannot be written to, that
is said and they go on. Whoever reads the lake's plain files without this software leaves no line.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lfr_batch.config.policy import OpeningWay
from lfr_batch.errors import AuthorityError, LfrError, StoreError
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight.audit_facts import EVERY_CASE, OPENED
from lfr_batch.oversight.house import policy_of
from lfr_batch.oversight.put import put
from lfr_batch.storage.store import S3Settings
from lfr_batch.visible import plain_line

logger = logging.getLogger(__name__)

RUNS_NAMED, CASES_NAMED, LETTERS = 100, 100, 2000
"""Of a line: runs that it names, cases beyond which it is of every case, letters of a text."""


@dataclass(frozen=True, slots=True)
class ResultsLook:
    """An opening of results. ``cases`` None: every case, or it cannot be known which."""

    what: OpeningWay
    by: str
    cases: tuple[str, ...] | None
    run_ids: tuple[str, ...] = ()
    """Of the runs that were opened; none where that cannot be known."""
    why: str | None = None
    detail: str = ""
    """The statement; what was exported, and where to."""

    @property
    def said(self) -> dict[str, Any]:
        """What the line says. Of many runs the first, and how many there are."""
        named = self.cases is not None and len(self.cases) <= CASES_NAMED
        return {
            "what": self.what,
            "by": self.by,
            "cases": list(self.cases or ()) if named else EVERY_CASE,
            "run_ids": list(self.run_ids[:RUNS_NAMED]),
            "runs": len(self.run_ids),
            "why": plain_line(self.why)[:LETTERS] or None,
            "detail": _bounded(self.detail),
        }


def looked(home: Home, s3: S3Settings, look: ResultsLook) -> bool:
    """Whether the log has it. Raises nothing: that it has not is said."""
    try:
        put(home, s3, OPENED, look.said)
    except (LfrError, OSError) as error:
        logger.error("the audit log has no line of this opening of results: %s", error)  # noqa: TRY400
        return False
    return True


def require_why(home: Home, s3: S3Settings, what: OpeningWay, why: str | None) -> None:
    """Raises AuthorityError where the house asks why and nobody says; ConfigError. A home that
    cannot be read asks nothing, and that is said."""
    if plain_line(why):
        return
    try:
        asked = what in policy_of(home, s3).opening.ask_why
    except (StoreError, OSError) as error:
        logger.warning("whether a reason is to be given cannot be read: %s", error)
        return
    if asked:
        raise AuthorityError(
            f"The rules of this house ask why results are opened ({what}): give --why TEXT, which "
            "the audit log keeps."
        )


def cases_of(runs: Mapping[str, str | None]) -> tuple[str, ...]:
    """Of runs by their ids, each case once."""
    return tuple(sorted({case for case in runs.values() if case}))


def _bounded(text: str) -> str:
    if len(text) <= LETTERS:
        return text
    return f"{text[:LETTERS]}… ({len(text)} letters)"
