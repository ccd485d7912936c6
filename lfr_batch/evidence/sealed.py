"""What shows other people, encrypted to named keys as it is made: its plain text touches no disk.

``sealed.age`` is an archive in the age format (https://age-encryption.org), which other programs
open. Its members are made one after the other, and only one is in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyrage

from lfr_batch.evidence.archive import Packed, archive_of, packed_bytes
from lfr_batch.evidence.recipients import require_key
from lfr_batch.storage.files import own

Sealable = tuple[str, bytes]
"""A member: its name, and what it holds."""


def seal(
    path: Path, members: Iterable[Sealable], keys: Mapping[str, str]
) -> Mapping[str, Mapping[str, Any]]:
    """Write the sealed archive; sha256 and size of each member by name.

    ``members`` come in order of their names. Raises what making them raises, and OSError.
    """
    listed: dict[str, Mapping[str, Any]] = {}
    source = _Chunks(archive_of(_listing(members, listed)))
    recipients = [require_key(name, key) for name, key in keys.items()]
    with open(path, "xb", opener=own) as file:
        target = _Target(file)
        try:
            pyrage.encrypt_io(source, target, recipients)
        except Exception:
            if failed := source.failed or target.failed:
                raise failed from None
            raise
    return listed


def _listing(members: Iterable[Sealable], listed: dict[str, Mapping[str, Any]]) -> Iterator[Packed]:
    for name, data in members:
        listed[name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        yield packed_bytes(name, data)


@dataclass(slots=True)
class _Chunks:
    """Bytes as they are made, to be read as a file."""

    chunks: Iterator[bytes]
    left: bytes = b""
    failed: Exception | None = None
    """What the chunks ended with: the one who reads knows errors of its own alone."""

    def read(self, size: int = -1) -> bytes:
        while not self.left:
            try:
                self.left = next(self.chunks)
            except StopIteration:
                return b""
            except Exception as error:
                self.failed = error
                raise
        taken = self.left if size < 0 else self.left[:size]
        self.left = self.left[len(taken) :]
        return taken


@dataclass(slots=True)
class _Target:
    """Where what is encrypted goes."""

    file: BinaryIO
    failed: OSError | None = None
    """What the disk said: the one who writes makes an error of its own of it."""

    def write(self, data: bytes) -> int:
        with self._noted():
            return self.file.write(data)

    def flush(self) -> None:
        with self._noted():
            self.file.flush()

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failed = error
            raise
