"""A gallery is searched and grown with the derivation of a model pack that it was enrolled with."""

from __future__ import annotations

from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.store import require_pack
from lfr_batch.models.store import Pack


def pack_for(snapshot: Snapshot, pack: Pack) -> Pack:
    """The pack as it made the snapshot's templates. Raises GalleryMismatch where it never did."""
    fitting = pack.as_for(snapshot.pack_identity) or pack
    require_pack(snapshot, fitting.manifest.identity, fitting.manifest.pack_id)
    return fitting


def kept_sentence(snapshot: Snapshot, newest: Pack, used: Pack) -> str:
    """What is said where a gallery that grows keeps an earlier derivation; empty: it does not."""
    if used.manifest.identity == newest.manifest.identity:
        return ""
    return (
        f"Gallery {snapshot.name!r} stays with {used.manifest.pack_id}, with which it was "
        f"enrolled: enrol all its pictures anew with `lfr gallery enrol {snapshot.name}` to "
        f"have {newest.manifest.pack_id}."
    )
