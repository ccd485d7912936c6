"""An office on results and a home: what is served."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lfr_batch.casework.case_files import case_files
from lfr_batch.casework.decisions import Decisions
from lfr_batch.config.schema import S3Config
from lfr_batch.console.journal import Journal
from lfr_batch.console.roster import Roster
from lfr_batch.errors import LfrError
from lfr_batch.homes.at_hand import Home
from lfr_batch.office.access import Office
from lfr_batch.office.case_desk import CaseDesk, LookAtClocks
from lfr_batch.office.desk import ExaminersDesk
from lfr_batch.office.enrolled import EnrolledPictures
from lfr_batch.office.found import FoundInLake
from lfr_batch.office.moments import MomentMaker
from lfr_batch.office.openings import Openings
from lfr_batch.office.packs import Packs
from lfr_batch.results.lake import open_lake
from lfr_batch.results.store import open_store

logger = logging.getLogger(__name__)


@contextmanager
def opened_office(
    home: Home,
    results_root: str,
    s3: S3Config,
    roster: Roster,
    look_at_clocks: LookAtClocks,
    packed_with: Sequence[str] = (),
    only_run: str | None = None,
) -> Iterator[Office]:
    """``packed_with``: options of `lfr evidence`. ``only_run``: no other run is shown. Raises
    StoreError, ResultsError."""
    store = open_store(results_root, s3)
    found = FoundInLake(open_lake(results_root, s3))
    about = {"run_id": only_run} if only_run else {"results": results_root}
    try:
        journal = Journal(home, about, s3)
        decisions = Decisions(store, home, s3)
        _make_up(decisions)
        cases = CaseDesk(case_files(home, s3), look_at_clocks)
        desk = ExaminersDesk(
            found,
            decisions,
            EnrolledPictures(home, s3),
            MomentMaker(home, s3),
            cases.may_see,
            look_at_clocks,
            only_run,
        )
        # Whoever began `lfr review RUN` has said why.
        asks = only_run is None and "review" in cases.files.rules.opening.ask_why
        openings = Openings(home, s3, asks)
        yield Office(desk, cases, Packs(packed_with), openings, roster, journal, hear=journal.heard)
    finally:
        found.close()


def _make_up(decisions: Decisions) -> None:
    """What a process that died had not entered in the log. A log that is damaged keeps nobody from
    deciding: `lfr audit verify` says what is wrong with it."""
    try:
        decisions.make_up()
    except LfrError as error:
        logger.warning("whether the audit log has every decision is not known: %s", error)
