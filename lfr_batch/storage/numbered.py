"""A small file of a bucket that several change: each change is the next number, the last counts.

``FOLDER/000001.yaml`` and so on. Each is written where none is yet, so that of two who change it at
once the other looks again, in a bucket that honours conditions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from lfr_batch.errors import StoreError
from lfr_batch.storage.store import Store

TRIES = 5


@dataclass(frozen=True, slots=True)
class NumberedFile:
    """Every method raises StoreError."""

    store: Store
    folder: str
    ending: str

    @property
    def uri(self) -> str:
        return f"{self.store.uri}/{self.folder}"

    def stamp(self) -> str | None:
        """Another one whenever it was changed; None where there never was any."""
        return max(self.store.list(self.folder), default=None)

    def read(self) -> bytes | None:
        newest = self.stamp()
        return None if newest is None else self.store.read(newest)

    def change(self, to: Callable[[bytes | None], bytes]) -> None:
        """``to`` gets what there is, perhaps more than once, and may refuse by raising."""
        for _ in range(TRIES):
            newest = self.stamp()
            data = to(None if newest is None else self.store.read(newest))
            number = int(PurePath(newest).stem) + 1 if newest else 1
            path = f"{self.folder}/{number:06d}{self.ending}"
            if self.store.write_new(path, data) or self.store.read(path) == data:
                return
        raise StoreError(f"{self.uri} is changed by too many at once: try again")
