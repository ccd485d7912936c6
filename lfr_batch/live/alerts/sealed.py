"""Files that are readable with their deployment's key alone: AES-256-GCM.

A sealed file is a mark, a nonce of 12 random bytes, and the ciphertext with its tag. The
deployment and the file's own name are authenticated with it, so no file can stand in for another.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lfr_batch.errors import SealBroken
from lfr_batch.storage.files import sync
from lfr_batch.storage.local_store import LocalStore

MARK = b"LFR-SEALED-1\n"
KEY = "key"
_NONCE_BYTES, _KEY_BYTES = 12, 32


@dataclass(frozen=True, slots=True)
class Seal:
    deployment_id: str
    key: bytes = field(repr=False)

    def close(self, name: str, plain: bytes) -> bytes:
        """``plain`` sealed as the file ``name``; never the same bytes twice."""
        nonce = os.urandom(_NONCE_BYTES)
        return MARK + nonce + AESGCM(self.key).encrypt(nonce, plain, self._bound_to(MARK, name))

    def open(self, name: str, data: bytes) -> bytes:
        """Raises SealBroken for bytes that are not what was sealed under that name."""
        mark, rest = data[: len(MARK)], data[len(MARK) :]
        nonce, secret = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return AESGCM(self.key).decrypt(nonce, secret, self._bound_to(mark, name))
        except (InvalidTag, ValueError) as error:
            raise SealBroken(
                f"{name} of deployment {self.deployment_id} was altered or is of another key; "
                "restore it from a copy or remove it"
            ) from error

    def _bound_to(self, mark: bytes, name: str) -> bytes:
        return mark + f"{self.deployment_id}\n{name}".encode()


def new_seal(place: LocalStore, deployment_id: str) -> Seal:
    """Make the key file, its owner's alone. Raises StoreFull, StoreUnreachable."""
    place.write_atomic(KEY, os.urandom(_KEY_BYTES))
    return load_seal(place, deployment_id)


def load_seal(place: LocalStore, deployment_id: str) -> Seal:
    """Raises FileNotFoundError without a key file, SealBroken for one that was overwritten."""
    key = place.read(KEY)
    if len(key) != _KEY_BYTES or not any(key):
        raise SealBroken(
            f"the key of deployment {deployment_id} was destroyed: its alerts cannot be read again"
        )
    return Seal(deployment_id, key)


def destroy_key(folder: Path) -> None:
    """Overwrite the key and remove it: nothing that it sealed can be read again."""
    path = folder / KEY
    try:
        with path.open("r+b") as file:
            file.write(bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink()
    sync(folder)
