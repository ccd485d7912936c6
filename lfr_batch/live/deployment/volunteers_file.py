"""The volunteers beside a deployment's record: ``HOME/live/<deployment>/volunteers.json``.

It has ids of subjects: it goes with the deployment's alerts (``afterwards.retention``), and whoever
is forgotten is taken out of it (``afterwards.forgetting``). A router that is started anew, and who
works on the deployment later, knows the volunteers by it.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lfr_batch.errors import LiveError
from lfr_batch.live.deployment.volunteers import Seeding, without_volunteer
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.files import write_text

VOLUNTEERS = "volunteers.json"
_SEEDING = TypeAdapter(Seeding)


def save_seeding(folder: Path, seeding: Seeding) -> None:
    """Raises StoreFull, StoreError."""
    with disk_errors(folder):
        write_text(folder / VOLUNTEERS, _SEEDING.dump_json(seeding, indent=1).decode() + "\n")


def load_seeding(folder: Path) -> Seeding | None:
    """None where a deployment has no volunteers. Raises LiveError for what cannot be understood."""
    try:
        return _SEEDING.validate_json((folder / VOLUNTEERS).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise LiveError(
            f"{folder / VOLUNTEERS} is damaged or of another version; restore it from a copy"
        ) from error


def forget_volunteer(folder: Path, subject_id: str, gallery: str | None) -> None:
    """``gallery`` None: whichever it is of. Raises LiveError, StoreError."""
    seeding = load_seeding(folder)
    if seeding is not None and names_volunteer(seeding, subject_id, gallery):
        save_seeding(folder, without_volunteer(seeding, subject_id))


def names_volunteer(seeding: Seeding, subject_id: str, gallery: str | None) -> bool:
    return gallery in (None, seeding.gallery) and subject_id in seeding.volunteers


def delete_seeding(folder: Path) -> bool:
    """Whether there was any. Raises StoreError."""
    there = (folder / VOLUNTEERS).exists()
    with disk_errors(folder):
        (folder / VOLUNTEERS).unlink(missing_ok=True)
    return there
