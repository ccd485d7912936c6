"""The clocks of runs that wait for their authorisation, looked at by whoever opens results."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from lfr_batch.casework.authorisations import Authorisation
from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.clocks import Clock, ClockStep, clocks_of
from lfr_batch.casework.clocks import act_on_clocks as act
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import StoreUnreachable
from lfr_batch.front.settings import Settings
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight.authority import Authority, operator_name
from lfr_batch.results.run_state import has_begun
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun

logger = logging.getLogger(__name__)


def act_on_clocks(
    settings: Settings, by: str | None = None, now: datetime | None = None
) -> list[ClockStep]:
    """Withhold, put back and destroy what is due, before results are opened; one listing where no
    run waits. What was done is logged, and comes back.

    A home that cannot be reached is said, and keeps nobody from results that can. Raises what keeps
    runs of the settings' own results root from being withheld; StoreError for a damaged clock.
    """
    config = settings.config()
    root = settings.results_root(config)
    return act_on_clocks_of(settings.home_place, config.s3, root, by, now)


def act_on_clocks_of(
    home: Home, s3: S3Config, root: str, by: str | None = None, now: datetime | None = None
) -> list[ClockStep]:
    """The same, of a home, before the results below ``root`` are opened."""
    files = CaseFiles(home, s3)
    try:
        if not clocks_of(files):
            return []
    except StoreUnreachable as error:
        logger.warning("whether runs wait for their authorisation is not known: %s", error)
        return []
    opened, destroy = open_store(root, s3).uri, partial(_destroy, files)
    return act(files, operator_name(by), opened, destroy=destroy, now=now)


def _destroy(files: CaseFiles, clock: Clock, found: Authorisation) -> None:
    """As `lfr forget run` does, or what is left of it. Raises LfrError."""
    from lfr_batch.front.forget import (  # noqa: PLC0415 - galleries, which a question needs not
        ForgetOrder,
        carry_out,
        finish,
        foresee_forgetting,
    )
    from lfr_batch.oversight.forgotten import unfinished  # noqa: PLC0415

    home, s3 = files.home, files.s3
    reach = {f"s3.{name}": value for name, value in s3.model_dump().items()}
    there = Settings(changes=reach, home=home, results=clock.results)
    for intention in unfinished(home, s3):
        if (intention.what, intention.value) == ("run", clock.run_id):
            finish(home, intention, s3)
    if not has_begun(StoredRun(open_store(clock.results, s3), clock.run_id)):
        return
    order = ForgetOrder("run", clock.run_id, _stated(clock, found), settings=there)
    carry_out(order, foresee_forgetting(order))


def _stated(clock: Clock, found: Authorisation) -> Authority:
    by = found.decision.decided_by if found.decision else found.request.requested_by
    why = found.decision.reason if found.decision else ""
    name = found.authorisation_id
    return Authority(clock.case_ref, name, f"{name} was refused by {by}: {why}", by, name)
