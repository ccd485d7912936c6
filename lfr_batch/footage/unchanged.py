"""Whether a file is still the one that was planned, as far as that shows without reading it.
Pure.
"""

from __future__ import annotations

from typing import Literal

from lfr_batch.footage.places import ObjectState
from lfr_batch.records import Segment

SINCE_PLANNED = "since the run was planned"
WHILE_READ = "while it was being read"
OR_PUT_BACK = "or put it back as it was and give `lfr resume RUN --retry-failed`"
Verdict = Literal["same", "doubt", "changed"]
"""'doubt': only reading it can tell."""


def since_planned(segment: Segment, now: ObjectState) -> Verdict:
    """Compare with the plan, which may have been made on another machine: inodes and devices count
    differently there.

    A copy that keeps the time of modification (``cp -p``, ``rsync -t``) has a change time of its
    own. So has the same file after ``chmod``, or on a share that rounds times: hence 'doubt'.
    """
    if segment.bytes is None:
        return "same"
    if now.bytes != segment.bytes:
        return "changed"
    if segment.sha256 is None:
        return "same"
    if now.checksum is not None:
        same = _same_object(segment.sha256, segment.version_id, now)
        return "same" if same else "changed"
    times = (segment.modified_ns, segment.changed_ns)
    return "same" if None not in times and times == (now.modified_ns, now.changed_ns) else "doubt"


def since_opened(before: ObjectState, now: ObjectState) -> Verdict:
    """Compare two moments on one machine, between which the file was read.

    'changed' where it was written to: even if it holds the same again, it may have held something
    else meanwhile. 'doubt' where only its inode or change time is another.
    """
    if now == before:
        return "same"
    if now.bytes != before.bytes or now.modified_ns != before.modified_ns:
        return "changed"
    if before.checksum is not None:
        same = _same_object(before.checksum, before.version_id, now)
        return "same" if same else "changed"
    return "doubt"


def _same_object(checksum: str, version_id: str | None, now: ObjectState) -> bool:
    """A version never changes; the same bytes under another version are the same bytes."""
    same_version = version_id is not None and version_id == now.version_id
    return same_version or checksum == now.checksum


def changed_sentence(uri: str, planned_bytes: int, now_bytes: int) -> str:
    how = (
        "its size is the same, its contents are not"
        if now_bytes == planned_bytes
        else f"it had {planned_bytes} bytes and has {now_bytes}"
    )
    return f"{uri} has changed {SINCE_PLANNED} ({how}): scan it anew, {OR_PUT_BACK}"


def gone_sentence(uri: str) -> str:
    return f"{uri} is gone {SINCE_PLANNED}: scan it where it is now, {OR_PUT_BACK}"


def disturbed_sentence(uri: str) -> str:
    return (
        f"{uri} was changed, replaced or moved away {WHILE_READ}, so that nothing of "
        f"what was read counts: scan it anew, {OR_PUT_BACK}"
    )
