"""What `lfr forget` is to take out of everything, on record before it begins; and the receipt.

The intention has all that is needed to go on once what it names is half gone: whoever comes next
ends it, however far it got. It and the receipt hold identifiers and places, nothing biometric.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight import intended
from lfr_batch.results.copies import Copy
from lfr_batch.storage.store import S3Settings

OF_EVERYTHING = intended.IntentionKind("forget.intended", "forget.done", "audit/forget")


class ForgetIntention(BaseModel):
    """Immutable; see the fields."""

    model_config = ConfigDict(frozen=True)

    id: str
    what: Literal["run", "subject", "footage"]
    value: str
    """Id of the run or the subject, or the file's uri."""
    gallery: str | None = None
    """Of a subject: whom that gallery calls so; None: every gallery."""
    results: str
    """Root of the lake that was looked at."""
    runs: tuple[str, ...] = ()
    """That have anything of it."""
    rows: Mapping[str, int] = {}
    """That go, by dataset."""
    pictures: int = 0
    """Evidence pictures among them."""
    snapshots: Mapping[str, int] = {}
    """Snapshots that go, by gallery."""
    alerts: Mapping[str, tuple[str, ...]] = {}
    """That go, by deployment."""
    copies: Mapping[str, Copy] = {}
    """Reports and exports that show it, by where their notes lie in the lake."""
    case_ref: str
    authority: str
    purpose: str
    operator: str
    at: AwareDatetime

    @property
    def reports(self) -> dict[str, Copy]:
        return {path: copy for path, copy in self.copies.items() if copy.is_report}

    @property
    def exports(self) -> tuple[Copy, ...]:
        return tuple(copy for copy in self.copies.values() if not copy.is_report)


class ForgetReceipt(BaseModel):
    """What was done."""

    model_config = ConfigDict(frozen=True)

    intention: ForgetIntention
    at: AwareDatetime
    reports_gone: tuple[str, ...]
    """Places of reports that are not there any more."""
    out_of_reach: tuple[str, ...]
    """Where copies may be that this does not reach, a sentence each."""
    calibration_lost: tuple[str, ...] = ()
    """Galleries whose thresholds followed from strangers, and do so no more."""


def intend(home: Home, intention: ForgetIntention, s3: S3Settings) -> None:
    """Raises StoreError, AuditBroken: it is then not to be done."""
    intended.intend(home, OF_EVERYTHING, intention.model_dump(mode="json"), intention.at, s3)


def done(home: Home, receipt: ForgetReceipt, s3: S3Settings) -> str:
    """Where the receipt is. Raises StoreError, AuditBroken."""
    return intended.done(home, OF_EVERYTHING, receipt.model_dump(mode="json"), receipt.at, s3)


def unfinished(home: Home, s3: S3Settings) -> list[ForgetIntention]:
    """Intentions without a receipt, oldest first. Raises StoreError, AuditBroken."""
    found = intended.unfinished(home, OF_EVERYTHING, s3)
    return sorted(map(ForgetIntention.model_validate, found), key=_when)


def _when(intention: ForgetIntention) -> tuple[datetime, str]:
    return intention.at, intention.id
