"""The key of an audit log, ``HOME/audit/key``, and the note that there is one, ``HOME/audit.json``.

The key file holds the private key of the next signature and what the last one signed. It is
overwritten in place with each signature, so that the key that has signed is gone, as far as the
file system writes in place and the disk has no spare blocks. Only its owner may read it. Leave it
out of backups: who has an old copy can sign again what came after it.

The note names the keys by their fingerprints. It lies beside the folder ``audit``, so that somebody
who removes that is found out.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lfr_batch.errors import AuditBroken
from lfr_batch.oversight.audit_line import Line, is_signed_by
from lfr_batch.oversight.signatures import SEED_BYTES, Signer, fingerprint
from lfr_batch.storage.files import sweep_halves, write_bytes
from lfr_batch.storage.folders import make_own_folder

RECORD_BYTES = 512
"""Of the key file, always: what is overwritten has one length, and fits into a disk's sector."""
RENEW = (
    "restore what is missing from a copy and find out who had access; if it cannot be had, `lfr "
    "audit key --renew` goes on with another key, which every verification names"
)


@dataclass(frozen=True, slots=True)
class HeldKey:
    signer: Signer
    """Of the next signature."""
    signatures: int
    """How many were made since this row of keys began."""
    n: int
    """Number of the line that was signed last; before the first signature, of the last line."""
    sha256: str
    """Of that line."""
    first: str
    """Fingerprint of the first key of this row."""

    def after(self, line: Line) -> HeldKey:
        """Once that line is signed."""
        return replace(
            self,
            signer=self.signer.next(),
            signatures=self.signatures + 1,
            n=line["n"],
            sha256=line["sha256"],
        )

    def has_signed(self, line: Line | None) -> bool:
        """Whether it is the very next line of this key, which was then not destroyed in time."""
        if line is None or line.get("next_key") != self.signer.next().public:
            return False
        return is_signed_by(line, self.signer.public)


def key_file(home: Path) -> Path:
    return home / "audit" / "key"


def note_file(home: Path) -> Path:
    return home / "audit.json"


def new_key(n: int, sha256: str) -> HeldKey:
    """For a log whose last line is that one."""
    signer = Signer(secrets.token_bytes(SEED_BYTES))
    return HeldKey(signer, 0, n, sha256, fingerprint(signer.public))


def install_key(home: Path, held: HeldKey) -> None:
    """For the first time, or in place of one that is lost. Raises OSError."""
    make_own_folder(key_file(home).parent)
    sweep_halves(key_file(home))
    write_bytes(key_file(home), record_of(held))
    note_key(home, held)


def note_key(home: Path, held: HeldKey) -> None:
    keys = noted_keys(home)
    if held.first not in keys:
        sweep_halves(note_file(home))
        write_bytes(note_file(home), note_of((*keys, held.first)))


def replace_key(home: Path, held: HeldKey) -> None:
    """Overwrite the key before it. Raises OSError."""
    handle = os.open(key_file(home), os.O_WRONLY)
    try:
        os.pwrite(handle, record_of(held), 0)
        os.fsync(handle)
    finally:
        os.close(handle)


def read_key(home: Path) -> HeldKey | None:
    """None where there is none. Raises AuditBroken for a damaged one."""
    path = key_file(home)
    try:
        return key_in(path.read_bytes(), path)
    except FileNotFoundError:
        return None


def noted_keys(home: Path) -> tuple[str, ...]:
    """Fingerprints of all first keys, oldest first; none where there is no note. Raises
    AuditBroken for a damaged one."""
    path = note_file(home)
    try:
        return named_in(path.read_bytes(), path)
    except FileNotFoundError:
        return ()


def key_in(data: bytes, where: Path | str) -> HeldKey:
    """Raises AuditBroken for a damaged one."""
    try:
        said = json.loads(data)
        seed = bytes.fromhex(said["seed"])
        return HeldKey(Signer(seed), said["signatures"], said["n"], said["sha256"], said["first"])
    except (ValueError, KeyError, TypeError) as error:
        raise AuditBroken(f"{where}, the key of the audit log, is damaged: {RENEW}") from error


def record_of(held: HeldKey) -> bytes:
    """What ``key_in`` reads."""
    said = {
        "n": held.n,
        "sha256": held.sha256,
        "signatures": held.signatures,
        "first": held.first,
        "seed": held.signer.seed.hex(),
    }
    return json.dumps(said).encode().ljust(RECORD_BYTES - 1) + b"\n"


def named_in(data: bytes, where: Path | str) -> tuple[str, ...]:
    """Raises AuditBroken for a damaged note."""
    try:
        said: dict[str, Any] = json.loads(data)
        return tuple(str(key) for key in said["audit_keys"])
    except (ValueError, KeyError, TypeError) as error:
        raise AuditBroken(
            f"{where} was altered: it does not name the keys of the audit log; restore it from a "
            "copy and find out who had access"
        ) from error


def note_of(keys: Sequence[str]) -> bytes:
    """What ``named_in`` reads."""
    return json.dumps({"audit_keys": list(keys)}, indent=1).encode() + b"\n"
