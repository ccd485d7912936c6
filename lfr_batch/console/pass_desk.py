"""Passes of volunteers, entered while they happen: one touch, by the server's clock."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from lfr_batch.console.journal import Journal
from lfr_batch.console.messages import Message
from lfr_batch.console.users import User
from lfr_batch.errors import UsageError
from lfr_batch.live.alerts.passes import KeptPasses
from lfr_batch.live.deployment.passing import fault_of, same_pass, watched
from lfr_batch.live.deployment.volunteers import Seeding
from lfr_batch.live.deployment.volunteers_file import load_seeding
from lfr_batch.live.records import DeploymentRecord, VolunteerPass

logger = logging.getLogger(__name__)

PASSED, TAKEN_BACK = "volunteer.passed", "volunteer.pass_taken_back"
TAKE_BACK = timedelta(minutes=1)
SHOWN = 5


class PassRefused(UsageError):
    """No such pass can be, or be taken back any more."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class PassDesk:
    """Every method may be called from any thread, and waits for the disk."""

    deployment: DeploymentRecord
    seeding: Seeding | None
    kept: KeptPasses
    journal: Journal
    is_aimed: bool = False
    """Its cameras are aimed first."""
    now: Callable[[], datetime] = _utc_now
    _entering: Lock = field(default_factory=Lock)
    """One at a time: the next one must see it."""

    @property
    def is_open(self) -> bool:
        """Whether there are volunteers, and they can still pass."""
        has_any = self.seeding is not None and bool(self.seeding.volunteers)
        return has_any and self.now() <= self.deployment.ends_at

    def choices(self) -> Message:
        """Who may pass what, and the last passes, newest first."""
        volunteers = sorted(self.seeding.volunteers) if self.seeding else []
        stated = [each for each in self.kept.all() if not each.taken_back]
        newest = sorted(stated, key=lambda each: each.entered_at, reverse=True)[:SHOWN]
        return {
            "volunteers": volunteers,
            "cameras": list(self.deployment.cameras),
            "entered": len(stated),
            "last": [self._told(each) for each in newest],
        }

    def enter(self, user: User, volunteer: str, camera: str) -> Message:
        """Raises PassRefused, LiveError where there are no alerts, StoreError."""
        with self._entering:
            made = self._made(user, volunteer, camera)
            self.kept.keep(made)
        self.journal.did(PASSED, user, pass_id=made.pass_id, camera=camera)
        logger.info("pass %s at camera %s entered by %s", made.pass_id, camera, user.name)
        return self._told(made)

    def take_back(self, user: User, pass_id: str) -> None:
        """By whoever entered it, for a minute. Raises PassRefused, StoreError."""
        with self._entering:
            found = next((each for each in self.kept.all() if each.pass_id == pass_id), None)
            if found is None or found.taken_back:
                raise PassRefused(f"there is no pass {pass_id!r} to take back")
            if found.entered_by != user.name or self._is_final(found):
                raise PassRefused(
                    "a pass is taken back by whoever entered it, within a minute: say beside the "
                    "report that this one was a mistake"
                )
            self.kept.keep(replace(found, taken_back=True))
        self.journal.did(TAKEN_BACK, user, pass_id=pass_id, camera=found.camera)

    def _made(self, user: User, volunteer: str, camera: str) -> VolunteerPass:
        now, seeding = self.now(), self.seeding
        if seeding is None:
            raise PassRefused("this deployment has no volunteers")
        record = watched(self.deployment, self.is_aimed, self.kept.begun())
        if record is None:
            raise PassRefused(
                "cameras are being aimed and nobody is looked for: passes count once watching has "
                "begun"
            )
        fault = fault_of(volunteer, camera, now, seeding, record)
        if fault:
            raise PassRefused(fault)
        near = same_pass(volunteer, camera, now, self.kept.all(), seeding.cool_down_s)
        if near is not None:
            ago_s = (now - near.at).total_seconds()
            raise PassRefused(
                f"{volunteer} passed {camera} {ago_s:.0f} s ago, and that is the same pass: two "
                f"are at least {seeding.cool_down_s:g} s apart"
            )
        return VolunteerPass(
            pass_id=f"pass-{secrets.token_hex(8)}",
            deployment_id=self.deployment.deployment_id,
            subject_id=volunteer,
            camera=camera,
            at=now,
            entered_by=user.name,
            entered_at=now,
        )

    def _is_final(self, made: VolunteerPass) -> bool:
        return self.now() - made.entered_at > TAKE_BACK

    def _told(self, made: VolunteerPass) -> Message:
        return {
            "pass_id": made.pass_id,
            "volunteer": made.subject_id,
            "camera": made.camera,
            "at": made.at.isoformat(),
            "entered_by": made.entered_by,
            "final_at": (made.entered_at + TAKE_BACK).isoformat(),
        }


def open_pass_desk(
    deployment: DeploymentRecord, router_folder: Path, journal: Journal, is_aimed: bool = False
) -> PassDesk:
    """Raises LiveError where who the volunteers are cannot be read."""
    kept = KeptPasses(router_folder, deployment.deployment_id)
    seeding = load_seeding(router_folder.parent)
    return PassDesk(deployment, seeding, kept, journal, is_aimed)
