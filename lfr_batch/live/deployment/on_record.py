"""That a deployment begins, begins to watch, and ends, in the audit log."""

from __future__ import annotations

from dataclasses import asdict

from lfr_batch.live.deployment.course import Course
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.live.deployment.order import Deployment
from lfr_batch.live.deployment.standing import Standing
from lfr_batch.live.records import WatchingBegun
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_facts import DEPLOYMENT_BEGUN, DEPLOYMENT_ENDED
from lfr_batch.results.run_log import RunStatus
from lfr_batch.results.run_state import LogLine, RunRequest

WATCHING_BEGUN = "deployment.watching_begun"


def note_begun(deployment: Deployment) -> RunRequest:
    """The deployment as a run, which says its line. Raises StoreError, AuditBroken: it does not
    begin then."""
    record, plan = deployment.record, deployment.plan
    said = {
        "deployment_id": record.deployment_id,
        "place": record.place,
        "case_ref": record.case_ref,
        "authorising_officer": record.authorising_officer,
        "authority": record.authority,
        "purpose": record.purpose,
        "by": record.operator,
        "cameras": record.cameras,
        "gallery": record.gallery,
        "snapshot_id": record.snapshot_id,
        "watchlist_size": record.watchlist_size,
        "volunteers": record.volunteers,
        "threshold": record.threshold,
        "ends_at": record.ends_at.isoformat(),
        "keep_until": record.keep_until.isoformat(),
        "rehearsal": record.rehearsal,
        "sinks": deployment.sinks,
        "results": plan.results_root,
    }
    head = audit.record(plan.home, DEPLOYMENT_BEGUN, [said])
    assert head is not None
    return deployment.request.model_copy(update={"log_line": LogLine(**asdict(head))})


def note_watching(course: Course, begun: WatchingBegun) -> None:
    """Of a deployment that was aimed. Raises StoreError, AuditBroken."""
    said = {
        "deployment_id": course.deployment.record.deployment_id,
        "name": begun.by,
        "begun_at": begun.at.isoformat(),
    }
    audit.record(course.deployment.plan.home, WATCHING_BEGUN, [said])


def note_ended(
    course: Course, standing: Standing, status: RunStatus, figures: Figures | None
) -> None:
    """``figures``: None where they could not be kept. Raises StoreError, AuditBroken."""
    record = course.deployment.record
    said = {
        "deployment_id": record.deployment_id,
        "by": record.operator,
        "reason": standing.reason,
        "status": status,
        "alerts": figures.alerts_in_all if figures else None,
        "undelivered": dict(figures.undelivered) if figures else None,
        "watchlist_gone": standing.receipt is not None and standing.receipt.verified_gone,
    }
    audit.record(course.deployment.plan.home, DEPLOYMENT_ENDED, [said])
