"""That somebody was enrolled, in the audit log: by whom and for which case, and never who."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from lfr_batch.gallery.records import SnapshotInfo
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_facts import ENROLLED
from lfr_batch.oversight.authority import Authority


def note_enrolment(
    home: Home, stated: Authority, verb: Literal["enrol", "add", "sync"], info: SnapshotInfo
) -> None:
    """Of a home in a bucket the snapshot itself is the record, which says case and authority.

    Raises StoreError, AuditBroken: the snapshot is there all the same, and the log's verification
    names it.
    """
    if isinstance(home, Path):
        said = {
            "verb": verb,
            "gallery": info.name,
            "snapshot_id": info.snapshot_id,
            "templates": info.templates,
            "subjects": info.subjects,
            "case_ref": stated.case_ref,
            "authority": stated.authority,
            "by": stated.operator,
        }
        audit.record(home, ENROLLED, [said])
