"""The licence gate: a pack for non-commercial use is no pack for casework."""

from __future__ import annotations

from datetime import UTC, datetime

from lfr_batch.errors import LicenceRefused
from lfr_batch.models.manifest import PackManifest
from lfr_batch.visible import plain_line


def require_permitted_use(
    manifest: PackManifest, statement: str | None, now: datetime | None = None
) -> str | None:
    """What is recorded with the run: the operator's statement, else the pack's signed licence;
    None where neither is needed.

    Raises LicenceRefused if the pack is for non-commercial use, or its licence has run out, and
    the operator did not state which licence covers this use.
    """
    stated = plain_line(statement)
    if stated:
        return stated
    if manifest.permitted_use != "any":
        raise LicenceRefused(
            f"Model pack {manifest.name!r} is licensed for non-commercial use only "
            f"({manifest.licence}): state the licence that covers this use with --licence, "
            "or use --pack open."
        )
    until = manifest.licensed_until_utc
    if until is not None and (now or datetime.now(UTC)) >= until:
        raise LicenceRefused(
            f"The licence of model pack {manifest.name!r} ran out on {until:%Y-%m-%d}: "
            "add the pack again with a new one, or state another licence with --licence."
        )
    return manifest.licence if manifest.licence_signed else None
