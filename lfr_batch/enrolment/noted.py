"""That somebody was enrolled, in the audit log: by whom and for which case, and never who."""

from __future__ import annotations

from typing import Literal

from lfr_batch.gallery.records import SnapshotInfo
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight.audit_facts import ENROLLED
from lfr_batch.oversight.authority import Authority
from lfr_batch.oversight.put import put
from lfr_batch.storage.store import S3Settings


def note_enrolment(
    home: Home,
    stated: Authority,
    verb: Literal["enrol", "add", "sync", "calibrate", "uncalibrate"],
    info: SnapshotInfo,
    s3: S3Settings,
) -> None:
    """Raises StoreError, AuditBroken: the snapshot is there all the same, and the log's
    verification names it.
    """
    said = {
        "verb": verb,
        "gallery": info.name,
        "snapshot_id": info.snapshot_id,
        "templates": info.templates,
        "subjects": info.subjects,
        "ages": info.ages,
        "accepts_children": info.accepts_children,
        "case_ref": stated.case_ref,
        "authority": stated.authority,
        "by": stated.operator,
    }
    put(home, s3, ENROLLED, said)
