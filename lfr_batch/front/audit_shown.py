"""Lines of an audit log that somebody asks for, and whether it is as it was written."""

from __future__ import annotations

from collections.abc import Sequence

from lfr_batch.errors import AuditBroken
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight.put import lines_on_record, verify_record
from lfr_batch.oversight.shown import ShownLine, WantedLines, shown
from lfr_batch.storage.store import S3Settings


def lines_wanted(
    home: Home, s3: S3Settings, wanted: WantedLines, keys: Sequence[str] = ()
) -> tuple[list[ShownLine], AuditBroken | None]:
    """Oldest first, as far as they can be read, and what is wrong with the log. Raises StoreError.

    ``keys``: fingerprints that were noted, as ``verify_record`` has them.
    """
    found: list[ShownLine] = []
    try:
        found.extend(line for line in shown(lines_on_record(home, s3)) if wanted.has(line))
        verify_record(home, s3, None, keys)
    except AuditBroken as error:
        return found, error
    return found, None
