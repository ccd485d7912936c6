"""Who opens results, and why: asked before, and put on record as they are opened."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.cases import load_case, may_see
from lfr_batch.config.load import NOTHING
from lfr_batch.config.policy import OpeningWay
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import AuthorityError, StoreUnreachable
from lfr_batch.front.settings import Settings
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight.authority import operator_name
from lfr_batch.oversight.looked import ResultsLook, cases_of, looked, require_why

logger = logging.getLogger(__name__)

Runs = Mapping[str, str | None]
"""Cases of runs, by their ids."""


@dataclass(slots=True)
class Opener:
    """Somebody who opens results in one way, once or more often."""

    home: Home
    s3: S3Config
    what: OpeningWay
    by: str
    why: str | None = None
    has_connection: bool = False
    """Whether it is on record that they may ask what nobody hears."""

    def look(self, detail: str, runs: Runs | None) -> ResultsLook:
        """``runs`` None: of every case, or nobody knows."""
        cases = None if runs is None else cases_of(runs)
        return ResultsLook(self.what, self.by, cases, tuple(runs or ()), self.why, detail)

    def opens(self, detail: str, runs: Runs | None) -> None:
        """Before anything is shown. Raises AuthorityError for a case that is not theirs to see; of
        a question over everything nobody knows which cases it is about."""
        require_seen(self.home, self.s3, cases_of(runs or {}), self.by)
        looked(self.home, self.s3, self.look(detail, runs))

    def takes_connection(self) -> None:
        """What is asked of DuckDB itself is not heard: that it was handed out is on record once."""
        if not self.has_connection:
            self.has_connection = True
            self.opens("the connection itself: what is asked of it is not on record", None)


def require_seen(home: Home, s3: S3Config, case_refs: Iterable[str], by: str) -> None:
    """Raises AuthorityError. A home that cannot be reached keeps nobody from results that can."""
    files = CaseFiles(home, s3)
    try:
        hidden = [each for each in case_refs if not may_see(load_case(files, each), by)]
    except StoreUnreachable as error:
        logger.warning("who may see these cases is not known: %s", error)
        return
    if hidden:
        raise AuthorityError(
            f"{by} is not among those who may see case {hidden[0]}: somebody who is can say "
            "otherwise (`lfr case change`)."
        )


def opener_of(
    settings: Settings, what: OpeningWay, why: str | None = None, operator: str | None = None
) -> Opener:
    """Raises AuthorityError where the house asks why and nobody says; ConfigError, UsageError."""
    home, s3 = settings.home_and_s3()
    require_why(home, s3, what, why)
    return Opener(home, s3, what, operator_name(operator), why)


def statement(asked: str, given: Mapping[str, Any] = NOTHING) -> str:
    """What was asked, with the values of its parameters."""
    values = ", ".join(f"{name}={value}" for name, value in given.items() if value is not None)
    return f"{asked.strip()} [{values}]" if values else asked.strip()
