"""Changes of the watchlist beside a deployment's record: ``HOME/live/<deployment>/``.

``watchlist-changes.json`` has ids of subjects: it goes with the deployment's alerts
(``afterwards.retention``), and whoever is forgotten is taken out of it (``afterwards.forgetting``).
"""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lfr_batch.errors import LiveError
from lfr_batch.live.deployment.changes import Changes, without
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.files import write_text

CHANGES = "watchlist-changes.json"
_CHANGES = TypeAdapter(Changes)


def save_changes(folder: Path, changes: Changes) -> None:
    """Raises StoreFull, StoreError."""
    with disk_errors(folder):
        write_text(folder / CHANGES, _CHANGES.dump_json(changes, indent=1).decode() + "\n")


def load_changes(folder: Path) -> Changes | None:
    """None where there are none. Raises LiveError for what cannot be understood."""
    try:
        return _CHANGES.validate_json((folder / CHANGES).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise LiveError(
            f"{folder / CHANGES} is damaged or of another version; remove it"
        ) from error


def forget_in_changes(folder: Path, subject_id: str, gallery: str | None) -> None:
    """``gallery`` None: whichever it was about. Raises LiveError, StoreError."""
    changes = load_changes(folder)
    if changes is not None and is_about(changes, subject_id, gallery):
        save_changes(folder, without(changes, subject_id))


def is_about(changes: Changes, subject_id: str, gallery: str | None) -> bool:
    """Whether they name this subject of this gallery; None: of any."""
    of_gallery = gallery in (None, changes.before[0], changes.after[0])
    return of_gallery and without(changes, subject_id) != changes


def delete_changes(folder: Path) -> bool:
    """Whether there were any. Raises StoreError."""
    there = (folder / CHANGES).exists()
    with disk_errors(folder):
        (folder / CHANGES).unlink(missing_ok=True)
    return there
