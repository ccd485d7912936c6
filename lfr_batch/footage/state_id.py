"""What a file is known by without being read: where it is, how it stands, how it was to be shown.
Pure.
"""

from __future__ import annotations

import hashlib

from lfr_batch.footage.places import ObjectState
from lfr_batch.records import FootageEntry


def state_id(entry: FootageEntry, state: ObjectState, changed_ns: int | None) -> str | None:
    """32 hex digits that are equal where the file at a uri has not changed and the manifest turns
    and stretches it alike; None where that does not show without reading it.

    On a disk the times say it, of which programs cannot set back ``changed_ns`` (ctime; None where
    it may not show a later change, as in ``ObjectFacts``), in a bucket the ETag. As in
    ``unchanged.since_planned`` a copy that keeps its time of modification is another file.
    """
    mark = _mark(state, changed_ns)
    if mark is None:
        return None
    known = (entry.uri, state.bytes, mark, entry.rotate_deg, entry.aspect)
    return hashlib.sha256(repr(known).encode()).hexdigest()[:32]


def _mark(state: ObjectState, changed_ns: int | None) -> tuple[int, int] | str | None:
    if state.etag or state.checksum:
        return (state.etag or state.checksum or "").strip('"')
    if state.modified_ns is None or changed_ns is None:
        return None
    return state.modified_ns, changed_ns
