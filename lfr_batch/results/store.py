"""A place for results: a directory or ``s3://bucket/prefix``, behind one small interface."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import StoreUnreachable
from lfr_batch.results.local_store import LocalStore
from lfr_batch.results.s3_store import S3Store


class Store(Protocol):
    """Frozen, picklable. Paths are relative to the root, with forward slashes.

    Every method raises StoreFull or StoreUnreachable, with the way out in the message.
    """

    @property
    def uri(self) -> str:
        """The root as the user knows it."""

    def write_atomic(self, path: str, data: bytes) -> None:
        """All of ``data`` under ``path``, or the old content, whatever happens meanwhile."""

    def read(self, path: str) -> bytes:
        """Raises FileNotFoundError."""

    def exists(self, path: str) -> bool: ...

    def list(self, prefix: str) -> tuple[str, ...]:
        """Every file under the directory ``prefix``, sorted; none if there is no such place."""

    def delete(self, path: str) -> None:
        """Remove a file, or a directory and all in it; nothing to remove is no error."""


def open_store(uri: str | Path, s3: S3Config | None = None) -> Store:
    """The store at ``uri``; nothing is created or contacted yet.

    Raises StoreUnreachable for an address of another kind.
    """
    text = str(uri)
    if text.startswith("s3://"):
        return S3Store(text.rstrip("/"), s3 or S3Config())
    if "://" in text:
        raise StoreUnreachable(
            f"{text} is no place for results: give a directory or s3://bucket/prefix"
        )
    return LocalStore(Path(text).absolute())
