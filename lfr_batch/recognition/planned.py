"""Whether code, models and gallery of this machine are those that a run was planned with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from lfr_batch.errors import NotAsPlanned
from lfr_batch.models.planned import PlannedWith, differing
from lfr_batch.models.store import Pack
from lfr_batch.software import software
from lfr_batch.work.child_process import this_host

NAMES_SHOWN = 3
NO_GALLERY: Mapping[str, str] = MappingProxyType({})


def planned_with(pack: Pack, gallery: Mapping[str, str] = NO_GALLERY) -> PlannedWith:
    """As it is here and now. ``gallery``: sha256 of each file of the snapshot."""
    return PlannedWith(software(), pack.manifest.decisive, dict(gallery))


def require_software(planned: PlannedWith | None) -> None:
    """Raises NotAsPlanned where this machine's lfr_batch is another; None asks for nothing.

    Before anything is loaded: another version may not even understand what it is told to do.
    """
    if planned is not None and planned.software != software():
        raise NotAsPlanned(
            f"This was planned with lfr-batch {_spelt(planned.software)}, and {this_host()} has "
            f"{_spelt(software())}, whose results may differ: install what it was planned with "
            "there, or start anew."
        )


def require_same(planned: PlannedWith | None, here: PlannedWith, pack: Pack, gallery: str) -> None:
    """Raises NotAsPlanned where models or gallery are others; None asks for nothing."""
    if planned is None:
        return
    _require_equal(
        planned.models,
        here.models,
        f"model pack {pack.manifest.name!r} in {pack.directory}",
        "put back the pack it was planned with",
    )
    _require_equal(
        planned.gallery,
        here.gallery,
        f"the snapshot of gallery {gallery!r}",
        "put back the snapshot it was planned with",
    )


def _require_equal(
    planned: Mapping[str, str], here: Mapping[str, str], what: str, way_out: str
) -> None:
    others = differing(planned, here)
    if others:
        raise NotAsPlanned(
            f"On {this_host()} {what} is not what this was planned with ({_listed(others)} "
            f"{'differs' if len(others) == 1 else 'differ'}), so results would not belong "
            f"together: {way_out}, or start anew."
        )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _spelt(software_: str) -> str:
    version, _, code = software_.partition(" ")
    return f"{version} (code {code})"
