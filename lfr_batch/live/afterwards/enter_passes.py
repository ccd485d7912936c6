"""Passes of volunteers are entered once their deployment is over, and its figures brought up to
date.

All of a file or nothing. A row that is so near to a pass that is known that both could never be
recognised is that pass; so the same file twice adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lfr_batch.errors import LiveError, UsageError
from lfr_batch.live.afterwards.late_figures import first_figures, update_figures
from lfr_batch.live.afterwards.passes_table import StatedPass, as_pass, read_passes
from lfr_batch.live.afterwards.reopen import KeptDeployment, Reopening, over, reopened
from lfr_batch.live.alerts.passes import KeptPasses
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.live.deployment.passing import same_pass, watched
from lfr_batch.live.deployment.recognition_rate import SeedingFigures, seeding_figures
from lfr_batch.live.deployment.tally import Tally
from lfr_batch.live.deployment.volunteers import Seeding
from lfr_batch.live.deployment.volunteers_file import load_seeding
from lfr_batch.live.records import DeploymentRecord, VolunteerPass
from lfr_batch.oversight import audit

ENTERED = "passes.entered"


@dataclass(frozen=True, slots=True)
class Entered:
    added: int
    known: int
    """Rows that were passes already."""
    seeding: SeedingFigures
    trouble: str = ""
    """What kept the deployment's figures from being brought up to date."""


def enter_passes(order: Reopening, path: Path) -> Entered:
    """Raises what ``reopened`` and ``read_passes`` raise, LiveError where nobody was a volunteer or
    alerts are being deleted already, AuditBroken, StoreError."""
    with reopened(order) as kept:
        seeding = None if kept is None else load_seeding(kept.spool.place.root.parent)
        if kept is None or seeding is None:
            raise LiveError(
                f"{order.deployment_id} has no volunteers, or nobody on its watchlist said yes in "
                "blue_list: there are no passes to enter."
            )
        now = datetime.now(UTC)
        _require_whole(kept, now)
        passes = KeptPasses(kept.spool.place.root, order.deployment_id)
        record = _watched(kept, passes)
        before, stated = passes.all(), read_passes(path, record, seeding)
        new = [each for each in stated if not _is_known(each, before, seeding)]
        said = {"deployment_id": order.deployment_id, "by": order.by, "passes": len(new)}
        audit.record(order.home, ENTERED, [said], now)
        for each in new:
            passes.keep(as_pass(each, record, order.by, now))
        figures = _figures(kept, record, seeding, passes.all())
        trouble = update_figures(
            kept.terms, order.deployment_id, lambda each: _changed(each, figures)
        )
        return Entered(len(new), len(stated) - len(new), figures, trouble)


def _require_whole(kept: KeptDeployment, now: datetime) -> None:
    """Of passes whose alerts are deleted nobody could say whether they were recognised."""
    until = kept.record.started_at + timedelta(hours=kept.terms.retention_h)
    if until <= now:
        raise UsageError(
            f"Passes of {kept.record.deployment_id} could be entered until "
            f"{until:%d %b %Y %H:%M %Z}: since then its alerts are being deleted, and whether a "
            "pass was recognised cannot be said any more. The report keeps what was entered."
        )


def _watched(kept: KeptDeployment, passes: KeptPasses) -> DeploymentRecord:
    """Its end is when it ended, its start when people were looked for."""
    figures = first_figures(kept.terms, kept.record.deployment_id)
    record = watched(over(kept.record, figures), bool(figures and figures.aimed), passes.begun())
    if record is None:
        raise UsageError(
            f"{kept.record.deployment_id} was aimed, and watching never began: nobody who passed "
            "could be recognised, so there are no passes to enter."
        )
    return record


def _is_known(stated: StatedPass, before: tuple[VolunteerPass, ...], seeding: Seeding) -> bool:
    near = same_pass(stated.volunteer, stated.camera, stated.at, before, seeding.cool_down_s)
    return near is not None


def _figures(
    kept: KeptDeployment,
    record: DeploymentRecord,
    seeding: Seeding,
    passes: tuple[VolunteerPass, ...],
) -> SeedingFigures:
    tally = Tally(kept.spool.place.root, record.deployment_id, record.started_at)
    tally.read_spool()
    return seeding_figures(seeding, passes, tally.recognitions.values(), record.cameras)


def _changed(figures: Figures, seeding: SeedingFigures) -> Figures:
    return figures.model_copy(update={"seeding": seeding})
