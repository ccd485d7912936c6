"""A home in a bucket as it is opened on this node: what the bucket has, brought into the cache."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.errors import StoreError
from lfr_batch.homes import bucket
from lfr_batch.homes.bundle import SHARED, Bundle, own_part, shared_part
from lfr_batch.homes.cache import (
    adopt,
    cache_folder,
    damaged,
    file_of,
    files_there,
    folder_of,
    held,
    link,
    link_to,
    sweep,
)
from lfr_batch.storage.files import write_bytes
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import S3Settings

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_SNAPSHOT = re.compile(rf"galleries/({_NAME})/snapshots/({_NAME})\.json")
_PACK = re.compile(rf"models/({_NAME})/bundle\.json")

MANIFEST = "manifest.json"
_TRIES = 2
"""What is found damaged in the cache is brought once more."""

Chosen = Callable[[str], bool]
"""Whether a file of a bundle is needed, by its name."""


def everything(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class OpenedHome:
    """A home in a bucket, as it is opened on this node, whose cache is held."""

    store: S3Store
    cache: Path
    folder: Path
    there: tuple[str, ...]
    """Listings that the bucket has."""

    def bring(self, listing: str, needed: Chosen) -> None:
        """The needed files of a bundle, sound and under their names; nothing where there is none.

        Raises StoreError, StoreUnreachable.
        """
        # What cannot be a name is none: whoever asked is told so by whoever loads it.
        whole = bucket.read_bundle(self.store, listing) if _place_of(listing) else None
        if whole is None:
            return
        bundle = Bundle(files={name: e for name, e in whole.files.items() if needed(name)})
        for _ in range(_TRIES):
            self._fetch(listing, bundle)
            # With those of the others that were brought before.
            there = files_there(self.cache, whole)
            known = {name: e for name, e in whole.files.items() if there[e.sha256]}
            self._link(listing, Bundle(files=known))
            shared = shared_part(bundle).files.items()
            parts = [own_part(bundle), *(Bundle(files={name: e}) for name, e in shared)]
            if not [bad for part in parts for bad in damaged(self.cache, part)]:
                return
        raise StoreError(
            f"Files in {self.cache} do not stay as they are written: have that disk looked at, or "
            "let LFR_CACHE name a folder on another."
        )

    def _link(self, listing: str, bundle: Bundle) -> None:
        folder = self.folder / _place_of(listing)
        link(self.cache, own_part(bundle), folder)
        for name, entry in shared_part(bundle).files.items():
            link_to(file_of(self.cache, entry.sha256), folder.parents[1] / name)

    def bring_manifests(self) -> None:
        """By which packs and snapshots alike say what they are; and the pointers. Raises as
        ``bring``."""
        names = (found[1] for path in self.there if (found := _SNAPSHOT.fullmatch(path)))
        for gallery in dict.fromkeys(names):
            self.bring_pointer(gallery)
        for listing in self.there:
            self.bring(listing, lambda name: name == MANIFEST)

    def _fetch(self, listing: str, bundle: Bundle) -> None:
        there = files_there(self.cache, bundle)
        lacking = {e.sha256: e for e in bundle.files.values() if not there[e.sha256]}
        for entry in lacking.values():
            bucket.fetch(self.store, listing, entry, file_of(self.cache, entry.sha256))

    def bring_pointer(self, gallery: str) -> str | None:
        """Which snapshot is current, and who enrolled what again; None where there is no gallery.

        Raises StoreUnreachable.
        """
        if not re.fullmatch(_NAME, gallery):
            return None
        folder = self.folder / "galleries" / gallery
        data = bucket.read_if_there(self.store, f"galleries/{gallery}/{bucket.CURRENT}")
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
            return None
        make_own_folder(folder)
        write_bytes(folder / bucket.CURRENT, data)
        self._bring_notes(gallery)
        return data.decode(errors="replace").strip()

    def _bring_notes(self, gallery: str) -> None:
        """Those that the bucket has, and no others."""
        places = [f"galleries/{gallery}/{note}" for note in bucket.NOTES]
        there = [path for place in places for path in self.store.list(place)]
        for path in there:
            make_own_folder((self.folder / path).parent)
            write_bytes(self.folder / path, self.store.read(path))
        for here in (here for place in places for here in (self.folder / place).glob("*.json")):
            if here.relative_to(self.folder).as_posix() not in there:
                here.unlink(missing_ok=True)

    def publish(
        self, listing: str, made: Path, shared: Sequence[Path] = (), *, anew: bool = False
    ) -> Bundle | None:
        """What was made; a snapshot that is there stays as it was first written, but ``anew``."""
        if listing in self.there and _SNAPSHOT.fullmatch(listing) and not anew:
            return None
        bundle = bucket.publish(self.store, listing, made, shared)
        adopt(self.cache, own_part(bundle), made)
        if shared:
            adopt(self.cache, shared_part(bundle), shared[0].parents[1])
        self._link(listing, bundle)
        return bundle


@contextmanager
def opened(home: str, s3: S3Settings) -> Iterator[OpenedHome]:
    """What the bucket has no more is gone from the folder and, if no other names it, the cache."""
    store, cache = S3Store(home, s3), cache_folder()
    folder = folder_of(cache, home)
    with held(cache):
        stored = frozenset(_listings(store))
        there = tuple(sorted(path for path in stored if _place_of(path)))
        make_own_folder(folder)
        os.utime(folder)
        for place in {*_places_here(folder)} - {_place_of(listing) for listing in there}:
            shutil.rmtree(folder / place)
        for path in folder.glob(f"galleries/*/{SHARED}*"):
            content = f"{path.parents[1].relative_to(folder).as_posix()}/files/{path.stem}"
            if content not in stored:
                path.unlink()
        sweep(cache)
        yield OpenedHome(store, cache, folder, there)


def _listings(store: S3Store) -> Iterator[str]:
    for room in ("models", "galleries"):
        yield from store.list(room)


def _places_here(folder: Path) -> Iterator[str]:
    for pattern in ("models/*", "galleries/*/snapshots/*"):
        for path in folder.glob(pattern):
            yield path.relative_to(folder).as_posix()


def _place_of(path: str) -> str:
    """Where the files of a listing have their names, below the home; empty for what is none."""
    if pack := _PACK.fullmatch(path):
        return f"models/{pack[1]}"
    return path.removesuffix(".json") if _SNAPSHOT.fullmatch(path) else ""
