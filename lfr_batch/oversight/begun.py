"""That a run begins, or goes on by another authority, in the audit log; the run says which line its
beginning is."""

from __future__ import annotations

import logging
from dataclasses import asdict

from lfr_batch.errors import StoreAway, StoreFull, StoreUnreachable
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight.audit_facts import RUN_BEGUN
from lfr_batch.oversight.authority import Authority
from lfr_batch.oversight.put import put
from lfr_batch.results.run_state import LogLine, RunRequest
from lfr_batch.storage.store import S3Settings

RESUMED = "run.reauthorised"

logger = logging.getLogger(__name__)


def with_log_line(home: Home, request: RunRequest, results_root: str, s3: S3Settings) -> RunRequest:
    """The request once the log has its line. A home that may only be read has a log that nobody
    writes to: the run is then on record with its results alone.

    Raises StoreFull, StoreAway, AuditBroken: there is no run then.
    """
    said = {
        "run_id": request.run_id,
        "kind": request.kind,
        "case_ref": request.case_ref,
        "authority": request.authority,
        "authorisation_id": request.authorisation_id,
        "purpose": request.purpose,
        "by": request.operator,
        "gallery": request.gallery,
        "snapshot_id": request.snapshot_id,
        "results": results_root,
    }
    try:
        head = put(home, s3, RUN_BEGUN, said, request.started_at)
    except (StoreFull, StoreAway):
        raise
    except StoreUnreachable as error:
        logger.warning("the audit log has no line of run %s: %s", request.run_id, error)
        return request
    return request.model_copy(update={"log_line": LogLine(**asdict(head))})


def log_resumed(home: Home, s3: S3Settings, run_id: str, stated: Authority) -> None:
    """Raises StoreError, AuditBroken: it is then not to go on by that."""
    said = {
        "run_id": run_id,
        "case_ref": stated.case_ref,
        "authority": stated.authority,
        "authorisation_id": stated.authorisation_id,
        "by": stated.operator,
    }
    put(home, s3, RESUMED, said)
