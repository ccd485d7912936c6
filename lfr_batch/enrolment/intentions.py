"""What is to be removed from galleries, on record before it is removed; and the receipt.

As ``oversight/intended.py`` keeps them. Nothing of an intention that was interrupted depends on how
far it got.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight import intended
from lfr_batch.storage.store import S3Settings

Verb = Literal["remove", "prune", "delete"]
OF_GALLERIES = intended.IntentionKind("gallery.intended", "gallery.done", "audit/galleries")


class Intention(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    verb: Verb
    gallery: str
    subjects: tuple[str, ...] = ()
    """Of 'remove'."""
    snapshots: tuple[str, ...] = ()
    """Of 'prune': those that go."""
    case_ref: str
    authority: str
    purpose: str
    operator: str
    at: AwareDatetime


class GalleryReceipt(BaseModel):
    model_config = ConfigDict(frozen=True)

    intention: Intention
    at: AwareDatetime
    snapshots_gone: tuple[str, ...]
    snapshot: str
    """The gallery's current one afterwards; empty where there is no gallery any more."""
    bytes_gone: int
    out_of_reach: tuple[str, ...]
    """Where copies may be that this does not reach, a sentence each."""
    calibration_lost: bool = False
    """The gallery's thresholds followed from strangers, and do so no more."""


def intend(home: Home, intention: Intention, s3: S3Settings) -> None:
    """Raises StoreError, AuditBroken: it is then not to be done."""
    intended.intend(home, OF_GALLERIES, intention.model_dump(mode="json"), intention.at, s3)


def done(home: Home, receipt: GalleryReceipt, s3: S3Settings) -> str:
    """Where the receipt is. Raises StoreError, AuditBroken."""
    return intended.done(home, OF_GALLERIES, receipt.model_dump(mode="json"), receipt.at, s3)


def unfinished(home: Home, s3: S3Settings) -> list[Intention]:
    """Intentions without a receipt, oldest first. Raises StoreError, AuditBroken."""
    found = intended.unfinished(home, OF_GALLERIES, s3)
    return sorted(map(Intention.model_validate, found), key=_when)


def _when(intention: Intention) -> tuple[datetime, str]:
    return intention.at, intention.id
