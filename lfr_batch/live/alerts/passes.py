"""Passes of volunteers: kept beside the alerts, sealed, and deleted after as long as these.

They are entered on the console and by ``lfr live-passes``, and the router knows nothing of them. A
pass that was taken back stays as such until its time is over, so that whoever has counted it
learns of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lfr_batch.errors import LiveError, SealBroken
from lfr_batch.live.alerts.camera_orders import read_begun
from lfr_batch.live.alerts.items import checked_id
from lfr_batch.live.alerts.sealed import Seal, load_seal
from lfr_batch.live.alerts.spool import PASSES
from lfr_batch.live.records import VolunteerPass, WatchingBegun
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.local_store import LocalStore

_PASS = TypeAdapter(VolunteerPass)


class KeptPasses:
    """``folder`` is the router's, on this machine. Any thread may call any method."""

    def __init__(self, folder: Path, deployment_id: str) -> None:
        self._place, self._id = LocalStore(folder), deployment_id

    def all(self) -> tuple[VolunteerPass, ...]:
        """Earliest first, also those that were taken back; without any that cannot be read, and
        none where there is no router's folder. Raises StoreUnreachable."""
        found = (each for _, each in self._readable())
        return tuple(sorted(found, key=lambda each: (each.at, each.pass_id)))

    def keep(self, made: VolunteerPass) -> None:
        """On the disk when it returns; in place of what was known of it before.

        Raises LiveError where there are no alerts, StoreFull, StoreUnreachable.
        """
        name = f"{PASSES}/{checked_id(made.pass_id)}"
        sealed = self._required_seal().close(name, _PASS.dump_json(made))
        make_own_folder(self._place.root / PASSES)
        self._place.write_atomic(name, sealed)

    def forget(self, subject_id: str) -> None:
        """All of somebody's. Raises StoreUnreachable."""
        for name, each in list(self._readable()):
            if each.subject_id == subject_id:
                self._place.delete(name)

    def moments(self) -> Iterator[tuple[str, datetime]]:
        """By file, when it was; of one that cannot be read, when it was written."""
        known = {name: each.at for name, each in self._readable()}
        for name in self._place.list(PASSES):
            with suppress(FileNotFoundError):
                yield name, known.get(name) or self._written_at(name)

    def begun(self) -> WatchingBegun | None:
        """Since when people are looked for in a deployment that was aimed first; None where they
        are not yet, or it was not aimed. Raises LiveError, StoreUnreachable."""
        return read_begun(self._place)

    def _written_at(self, name: str) -> datetime:
        return datetime.fromtimestamp((self._place.root / name).stat().st_mtime, UTC)

    def _readable(self) -> Iterator[tuple[str, VolunteerPass]]:
        names = self._place.list(PASSES)
        if not names:
            return
        with suppress(FileNotFoundError, SealBroken):
            seal = load_seal(self._place, self._id)
            for name in names:
                with suppress(FileNotFoundError, SealBroken, ValidationError):
                    yield name, _PASS.validate_json(seal.open(name, self._place.read(name)))

    def _required_seal(self) -> Seal:
        try:
            return load_seal(self._place, self._id)
        except FileNotFoundError as error:
            raise LiveError(f"the alerts of {self._id} are not there, or not any more") from error
