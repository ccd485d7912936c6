"""The key that packs are signed with, ``HOME/evidence/key``: Ed25519, its owner's alone.

Made when the first pack is. ``HOME/evidence.json`` notes its fingerprint beside the folder, so that
a key that is lost is not silently replaced by another: whoever has noted the fingerprint would take
the next pack for a forged one. In a home in a bucket both are objects.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lfr_batch.errors import StoreUnreachable
from lfr_batch.evidence.verify import canonical, fingerprint, grouped, signed_text
from lfr_batch.homes.at_hand import Home
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.files import write_bytes
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.locks import exclusive
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import S3Settings

KEY, NOTE = "evidence/key", "evidence.json"
SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class EvidenceKey:
    """What signs packs."""

    seed: bytes = field(repr=False)

    @property
    def public(self) -> str:
        """Hex, 64 letters."""
        return self._key().public_key().public_bytes_raw().hex()

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public)

    def signature_of(self, manifest_sha256: str, proof_sha256: str) -> bytes:
        """The member ``manifest.sig``."""
        said = {
            "key": self.public,
            "fingerprint": self.fingerprint,
            "manifest_sha256": manifest_sha256,
            "proof_sha256": proof_sha256,
        }
        return canonical({**said, "signature": self._key().sign(signed_text(said)).hex()})

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def evidence_key(home: Home, s3: S3Settings, *, renew: bool = False) -> EvidenceKey:
    """The key, which is made where there never was one, or anew with ``renew``.

    Raises StoreUnreachable for one that is gone or damaged, naming the way out, and StoreError.
    """
    if not isinstance(home, Path):
        return _key_in(S3Store(home, s3), renew=renew)
    path, note = home / KEY, home / NOTE
    with disk_errors(path):
        make_own_folder(path.parent)
        with exclusive(path.with_name("LOCK")):
            noted = _noted(note.read_bytes(), str(note)) if note.exists() else ()
            if path.exists() and not renew:
                key = _parsed(path.read_bytes(), str(path), noted)
            else:
                key = _new(noted, str(path), renew=renew)
                write_bytes(path, _record_of(key))
            if key.fingerprint not in noted:
                write_bytes(note, _note_of((*noted, key.fingerprint)))
    return key


def _key_in(store: S3Store, *, renew: bool) -> EvidenceKey:
    """Of a home in a bucket. Two who make the first one at once: one of them does, where the bucket
    honours conditions."""
    where, noted = f"{store.uri}/{KEY}", tuple[str, ...]()
    with suppress(FileNotFoundError):
        noted = _noted(store.read(NOTE), f"{store.uri}/{NOTE}")
    if renew:
        key = _new(noted, where, renew=True)
        store.write_atomic(KEY, _record_of(key))
    else:
        if not store.exists(KEY):
            store.write_new(KEY, _record_of(_new(noted, where, renew=False)))
        key = _parsed(store.read(KEY), where, noted)
    if key.fingerprint not in noted:
        store.write_atomic(NOTE, _note_of((*noted, key.fingerprint)))
    return key


def _new(noted: tuple[str, ...], where: str, *, renew: bool) -> EvidenceKey:
    if noted and not renew:
        raise StoreUnreachable(
            f"{where} is gone, the key {grouped(noted[-1])} that signed evidence packs: restore "
            "it from a copy, or give `lfr evidence-key --renew`, whose new fingerprint everybody "
            "has to be told who verifies packs"
        )
    return EvidenceKey(secrets.token_bytes(SEED_BYTES))


def _parsed(data: bytes, where: str, noted: tuple[str, ...]) -> EvidenceKey:
    try:
        key = EvidenceKey(bytes.fromhex(json.loads(data)["seed"]))
        found = key.fingerprint
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnreachable(_not_it(where, "is damaged")) from error
    if noted and found not in noted:
        raise StoreUnreachable(_not_it(where, f"is another than {grouped(noted[-1])}"))
    return key


def _not_it(where: str, how: str) -> str:
    return (
        f"{where}, the key of evidence packs, {how}: restore it from a copy, or give `lfr "
        "evidence-key --renew`"
    )


def _record_of(key: EvidenceKey) -> bytes:
    return json.dumps({"seed": key.seed.hex(), "public": key.public}).encode() + b"\n"


def _noted(data: bytes, where: str) -> tuple[str, ...]:
    try:
        return tuple(str(each) for each in json.loads(data)["evidence_keys"])
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnreachable(f"{where} is damaged: restore it from a copy") from error


def _note_of(fingerprints: tuple[str, ...]) -> bytes:
    return json.dumps({"evidence_keys": list(fingerprints)}, indent=1).encode() + b"\n"
