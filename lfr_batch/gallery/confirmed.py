"""Who has enrolled a snapshot again, and when: ``confirmed/<snapshot_id>.json`` beside CURRENT.

A snapshot is never written anew. Whoever enrols the same pictures again says that the list is
still right, which is noted here, and as old as that is what it counts from then on. What they
answer about ages is noted too, and stands in the place of what was answered before.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lfr_batch.gallery.records import AgesSaid
from lfr_batch.storage.files import write_text
from lfr_batch.storage.folders import make_own_folder, sweep

FOLDER = "confirmed"


class Confirmation(BaseModel):
    model_config = ConfigDict(frozen=True)

    enrolled_utc: AwareDatetime
    case_ref: str
    authority: str
    ages: AgesSaid = ""
    """As of ``Manifest``, by the last who said something of it."""


def confirm(snapshot: Path, created_utc: datetime, said: Confirmation) -> None:
    """Note it, unless the snapshot was enrolled later than that. Call it under the gallery's lock.

    ``snapshot``: its folder, written at ``created_utc``. Raises OSError.
    """
    if said.enrolled_utc > enrolled_at(snapshot, created_utc):
        path = _path(snapshot)
        make_own_folder(path.parent)
        sweep(path.parent)
        write_text(path, said.model_dump_json(indent=1) + "\n")


def enrolled_at(snapshot: Path, created_utc: datetime) -> datetime:
    """When it was last enrolled. A note that cannot be read counts as none: a list then seems
    older than it is, never younger."""
    said = _noted(snapshot)
    return created_utc if said is None else max(created_utc, said.enrolled_utc)


def ages_at(snapshot: Path, created_utc: datetime, ages: AgesSaid) -> AgesSaid:
    """What was last said of ages; ``ages``: when it was written, at ``created_utc``."""
    said = _noted(snapshot)
    return said.ages or ages if said is not None and said.enrolled_utc > created_utc else ages


def _noted(snapshot: Path) -> Confirmation | None:
    try:
        return Confirmation.model_validate_json(_path(snapshot).read_bytes())
    except (OSError, ValidationError):
        return None


def _path(snapshot: Path) -> Path:
    return snapshot.parents[1] / FOLDER / f"{snapshot.name}.json"
