"""Ed25519 keys that follow each other, each made of the one before, which cannot be made of it.
Pure.

Whoever has a key can make all later ones and none of the earlier ones (a forward-secure chain: the
private key is a seed of 32 bytes, the next one the HMAC-SHA256 of a fixed text with it).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SEED_BYTES = 32
FINGERPRINT_LETTERS = 32
_NEXT = b"lfr_batch audit log: the next key"
_DOMAIN = b"lfr_batch audit log: a line\n"


@dataclass(frozen=True, slots=True)
class Signer:
    seed: bytes = field(repr=False)

    @property
    def public(self) -> str:
        """Hex, 64 letters."""
        return self._key().public_key().public_bytes_raw().hex()

    def next(self) -> Signer:
        return Signer(hmac.digest(self.seed, _NEXT, "sha256"))

    def sign(self, text: bytes) -> str:
        """Hex, 128 letters."""
        return self._key().sign(_DOMAIN + text).hex()

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def is_signed(text: bytes, signature: object, public: object) -> bool:
    """False also for what cannot be a signature or a public key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(str(public)))
        key.verify(bytes.fromhex(str(signature)), _DOMAIN + text)
    except (ValueError, InvalidSignature):
        return False
    return True


def fingerprint(public: str) -> str:
    """What people note of a public key: 32 hex letters of its sha256."""
    return hashlib.sha256(public.encode()).hexdigest()[:FINGERPRINT_LETTERS]


def grouped(found: str) -> str:
    """A fingerprint in groups of four, to be read out and compared."""
    return " ".join(found[start : start + 4] for start in range(0, len(found), 4))


def ungrouped(given: str) -> str:
    """As somebody has noted it."""
    return "".join(given.split()).replace("-", "").lower()
