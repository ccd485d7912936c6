"""A deployment's alerts and decisions on the disk, sealed; and how far each sink has come.

::

    alerts/<alert>             sealed; there is no other place in which an alert counts as raised
    reviews/<alert>.<review>   sealed
    acknowledged/<alert>       sealed; who has taken it on
    passes/<pass>              sealed; that a volunteer passed (``passes.KeptPasses``)
    delivered/<sink>           number of the last alert or review that the sink has: its queue is
                               everything with a higher number; 0 to begin with
    deleted/<alert>.json       verdict and outcome of an alert that retention has deleted
    faces.json                 faces seen, by camera
    key, retention.json, LOCK

Alerts and reviews share one count, in the order in which they were written.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from lfr_batch.errors import RunBusy, SealBroken
from lfr_batch.live.alerts.codec import decode_alert, decode_review, encode_alert, encode_review
from lfr_batch.live.alerts.items import ALERTS, REVIEWS, Item, checked_id, file_name
from lfr_batch.live.alerts.sealed import KEY, Seal, load_seal, new_seal
from lfr_batch.live.deployment.counts import Decision, FacesSeen
from lfr_batch.live.records import Acknowledged, Alert
from lfr_batch.storage import locks
from lfr_batch.storage.files import sync
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.local_store import LocalStore

ACKNOWLEDGED, PASSES, DELIVERED, DELETED, FACES, LOCK = (
    "acknowledged", "passes", "delivered", "deleted", "faces.json", "LOCK",
)  # fmt: skip
_FOLDERS = (ALERTS, REVIEWS, ACKNOWLEDGED, PASSES, DELIVERED, DELETED)
_NUMBER_BYTES = 8
_DECISION, _FACES = TypeAdapter(Decision), TypeAdapter(dict[str, FacesSeen])
_SAID = TypeAdapter(Acknowledged)
_TRIES, _BETWEEN_TRIES_S = 30, 0.1


@dataclass(frozen=True, slots=True)
class Spool:
    """Every method raises StoreFull or StoreUnreachable for what the disk refuses."""

    place: LocalStore
    seal: Seal

    def add(self, item: Item) -> None:
        """Sealed and synced when it returns; otherwise nothing of it is there."""
        record = item.record
        encoded = encode_alert(record) if isinstance(record, Alert) else encode_review(record)
        name, number = file_name(record), item.number.to_bytes(_NUMBER_BYTES, "big")
        self.place.write_atomic(name, self.seal.close(name, number + encoded))

    def read(self, name: str) -> Item:
        """Raises FileNotFoundError, SealBroken."""
        plain = self.seal.open(name, self.place.read(name))
        number, encoded = plain[:_NUMBER_BYTES], plain[_NUMBER_BYTES:]
        decode = decode_alert if name.startswith(f"{ALERTS}/") else decode_review
        try:
            return Item(int.from_bytes(number, "big"), decode(encoded))
        except ValueError as error:
            raise SealBroken(
                f"{name} of deployment {self.seal.deployment_id} was written by another version; "
                "read it with that one"
            ) from error

    def names(self) -> tuple[str, ...]:
        """Every sealed file."""
        return self.place.list(ALERTS) + self.place.list(REVIEWS)

    def undecided(self, volunteers: Collection[str] = ()) -> int:
        """How many of the alerts that are kept have no review; ``volunteers``: alerts that need
        none."""
        alerts = {path.rpartition("/")[2] for path in self.place.list(ALERTS)}
        alerts.difference_update(volunteers)
        reviews = (path.rpartition("/")[2] for path in self.place.list(REVIEWS))
        return len(alerts.difference(name.partition(".")[0] for name in reviews))

    def delivered(self, sink: str) -> int:
        try:
            return int(self.place.read(f"{DELIVERED}/{sink}"))
        except (FileNotFoundError, ValueError):
            return 0

    def set_delivered(self, sink: str, number: int) -> None:
        self.place.write_atomic(f"{DELIVERED}/{sink}", str(number).encode())

    def expect(self, sinks: Iterable[str]) -> None:
        """Note that the deployment has these sinks, also if they never take anything."""
        for sink in set(sinks).difference(self.sinks()):
            self.set_delivered(sink, 0)

    def sinks(self) -> tuple[str, ...]:
        """Every sink that the deployment ever had."""
        return tuple(path.rpartition("/")[2] for path in self.place.list(DELIVERED))

    def last_delivered(self) -> int:
        return max(map(self.delivered, self.sinks()), default=0)

    def acknowledge(self, alert_id: str, said: Acknowledged) -> None:
        name = f"{ACKNOWLEDGED}/{checked_id(alert_id)}"
        self.place.write_atomic(name, self.seal.close(name, _SAID.dump_json(said)))

    def acknowledged(self) -> dict[str, Acknowledged]:
        """By alert; without those that cannot be read, which are known to nobody any more."""
        found: dict[str, Acknowledged] = {}
        for name in self.place.list(ACKNOWLEDGED):
            with suppress(FileNotFoundError, SealBroken, ValidationError):
                said = _SAID.validate_json(self.seal.open(name, self.place.read(name)))
                found[name.rpartition("/")[2]] = said
        return found

    def forget(self, alert_id: str, made: Decision) -> None:
        """Delete an alert with all about it; that it was, and ``made``, stays."""
        marker = f"{DELETED}/{alert_id}.json"
        if not self.place.exists(marker):
            self.place.write_atomic(marker, json.dumps(asdict(made)).encode() + b"\n")
        reviews = reviews_of(self.place.list(REVIEWS), alert_id)
        for name in (f"{ALERTS}/{alert_id}", f"{ACKNOWLEDGED}/{alert_id}", *reviews):
            self.place.delete(name)

    def count_forgotten(self) -> int:
        return len(self.place.list(DELETED))

    def forgotten(self) -> dict[str, Decision]:
        found: dict[str, Decision] = {}
        for path in self.place.list(DELETED):
            with suppress(FileNotFoundError):
                decision = _DECISION.validate_json(self.place.read(path))
                found[path.rpartition("/")[2].removesuffix(".json")] = decision
        return found

    def faces(self) -> dict[str, FacesSeen]:
        try:
            return _FACES.validate_json(self.place.read(FACES))
        except (FileNotFoundError, ValueError):
            return {}

    def set_faces(self, faces: Mapping[str, FacesSeen]) -> None:
        self.place.write_atomic(FACES, _FACES.dump_json(dict(faces)))


def open_spool(folder: Path, deployment_id: str) -> Spool:
    """The spool in ``folder``, which is made if need be.

    Raises SealBroken if there are alerts whose key is gone, StoreFull, StoreUnreachable.
    """
    place = LocalStore(folder.absolute())
    _make_folders(place.root)
    try:
        return Spool(place, load_seal(place, deployment_id))
    except FileNotFoundError:
        if place.list(ALERTS):
            raise SealBroken(
                f"the key of deployment {deployment_id} is not there ({folder / KEY}): its alerts "
                "cannot be read; start a new deployment"
            ) from None
        return Spool(place, new_seal(place, deployment_id))


def hold(folder: Path) -> IO[bytes]:
    """Hold the spool as long as the file stays open; the kernel frees it when the process dies.

    A predecessor that is being killed is waited for. Raises RunBusy.
    """
    file = locks.open_lock(folder / LOCK)
    if locks.try_lock(file, _TRIES, _BETWEEN_TRIES_S):
        return file
    file.close()
    raise RunBusy(f"another process routes the alerts of {folder.parent.name}: stop it first")


def is_held(folder: Path) -> bool:
    """Whether a living process has the spool."""
    return locks.is_held(folder / LOCK)


def discard_halves(folder: Path) -> None:
    """Remove what a killed predecessor had only half written. Call it while holding the spool."""
    for name in ("", ALERTS, REVIEWS, DELIVERED, DELETED):  # the console has its own
        for path in (folder / name).glob(".*"):
            if path.is_file():
                path.unlink()


def reviews_of(paths: tuple[str, ...], alert_id: str) -> Iterator[str]:
    """Those of ``paths`` that are reviews of an alert."""
    return (path for path in paths if path.rpartition("/")[2].startswith(f"{alert_id}."))


def _make_folders(root: Path) -> None:
    """Synced up to the deployment's folder: a new folder, too, must survive a power cut."""
    for name in _FOLDERS:
        make_own_folder(root / name)
    for folder in (root, root.parent, root.parent.parent):
        sync(folder)
