"""The receipt of a destroyed watchlist: ``HOME/live/<deployment>/watchlist-receipt.json``.

It is begun before anything is destroyed and completed after: what a killed process had begun is
known, and the next one goes on from there. It holds no biometric content.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.files import write_text

RECEIPT = "watchlist-receipt.json"


@dataclass(frozen=True, slots=True)
class DestroyedFile:
    path: str
    """Within the deployment's folder."""
    bytes: int
    sha256: str
    """Of what it held."""
    overwritten: bool = False
    gone: bool = False
    """Verified: there is no file of that name."""


@dataclass(frozen=True, slots=True)
class Receipt:
    deployment_id: str
    gallery: str
    snapshot_id: str
    why: str
    by: str
    at: datetime
    files: tuple[DestroyedFile, ...]
    verified_gone: bool = False
    """Neither the files nor the folder they were in are there."""
    trouble: str = ""
    """What kept them from being destroyed."""


_RECEIPT = TypeAdapter(Receipt)


def load_receipt(folder: Path) -> Receipt | None:
    """None where there is none, or none that can be read."""
    try:
        return _RECEIPT.validate_json((folder / RECEIPT).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def save_receipt(folder: Path, receipt: Receipt) -> None:
    """Raises StoreFull, StoreError."""
    with disk_errors(folder):
        write_text(folder / RECEIPT, _RECEIPT.dump_json(receipt, indent=1).decode() + "\n")


def with_files(receipt: Receipt, files: Iterable[DestroyedFile]) -> Receipt:
    """``files`` added; one that is known already stays as it was first seen, before a process that
    was killed overwrote it."""
    known = {file.path: file for file in receipt.files}
    for file in files:
        known.setdefault(file.path, file)
    return replace(receipt, files=tuple(known[path] for path in sorted(known)))


def sentence(receipt: Receipt) -> str:
    whose = f"the watchlist that deployment {receipt.deployment_id} left behind"
    if receipt.verified_gone:
        return f"{whose} is destroyed: {receipt.why}"
    return f"{whose} is not destroyed: {receipt.trouble or 'its folder is still there'}"
