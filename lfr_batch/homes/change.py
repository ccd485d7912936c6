"""A home as a folder in which somebody enrols or installs; a bucket's is published at the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from lfr_batch.homes import bucket
from lfr_batch.homes.at_hand import (
    Home,
    folder_here,
    gallery_at_hand,
    pack_at_hand,
    snapshot_at_hand,
)
from lfr_batch.homes.cache import cache_folder, held, link_to, workshop
from lfr_batch.homes.opened import opened
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import S3Settings

SharedOf = Callable[[Path], Sequence[Path]]
"""The files that a snapshot in a folder shares with others."""


def nothing_shared(_: Path) -> Sequence[Path]:
    return ()


@contextmanager
def changed_gallery(
    home: Home, gallery: str, s3: S3Settings, shared_of: SharedOf = nothing_shared
) -> Iterator[Path]:
    """A home as a folder to enrol that gallery in. What of a bucket's was made there is published
    at the end: a snapshot's files, its listing, and then the pointer to it. Whoever is killed
    before leaves the old snapshot current. Of a bucket's snapshots the current one is there.

    Raises StoreError.
    """
    if isinstance(home, Path):
        yield home
        return
    place = f"galleries/{gallery}"
    with _workshop(snapshot_at_hand(home, gallery, None, s3), place) as folder:
        yield folder
        with opened(home, s3) as node:
            for path in _snapshots(folder / place):
                listing = bucket.snapshot_listing(gallery, path.name)
                node.publish(listing, path, shared_of(path))
            _publish_notes(node.store, folder, place)


@contextmanager
def rid_gallery(
    home: Home, gallery: str, s3: S3Settings, shared_of: SharedOf = nothing_shared
) -> Iterator[Path]:
    """A home as a folder to remove things from that gallery, all snapshots of which are there.
    What of a bucket's is not there at the end, is removed from it; whoever is killed before that
    begins again.

    Raises StoreError.
    """
    if isinstance(home, Path):
        yield home
        return
    place = f"galleries/{gallery}"
    with _workshop(gallery_at_hand(home, gallery, s3), place) as folder:
        yield folder
        with opened(home, s3) as node:
            named: set[str] = set()
            listings = {
                bucket.snapshot_listing(gallery, path.name): path
                for path in _snapshots(folder / place)
            }
            for listing, path in listings.items():
                bundle = node.publish(listing, path, shared_of(path), anew=True)
                if bundle is not None:
                    named |= {bucket.content(listing, e.sha256) for e in bundle.files.values()}
            _publish_notes(node.store, folder, place)
            _drop_notes(node.store, place, {path.name for path in listings.values()})
            for listing in node.store.list(f"{place}/snapshots"):
                if listing not in listings:
                    node.store.delete(listing)
            for content in node.store.list(f"{place}/files"):
                if content not in named:
                    node.store.delete(content)
    with opened(home, s3) as node:  # what is gone there is gone here, and in the cache
        node.bring_pointer(gallery)


def _snapshots(gallery: Path) -> list[Path]:
    return sorted((gallery / "snapshots").glob("[!.]*"))


def _publish_notes(store: S3Store, folder: Path, place: str) -> None:
    """And then the pointer."""
    for note in bucket.NOTES:
        for path in (folder / place / note).glob("*.json"):
            store.write_atomic(f"{place}/{note}/{path.name}", path.read_bytes())
    pointer = (folder / place / bucket.CURRENT).read_bytes()
    store.write_atomic(f"{place}/{bucket.CURRENT}", pointer)


def _drop_notes(store: S3Store, place: str, snapshot_ids: Collection[str]) -> None:
    """Of snapshots that are not there."""
    for path in (path for note in bucket.OF_SNAPSHOTS for path in store.list(f"{place}/{note}")):
        if PurePosixPath(path).stem not in snapshot_ids:
            store.delete(path)


def publish_note(home: str, gallery: str, note: Path, data: bytes, s3: S3Settings) -> None:
    """What is said of a snapshot beside it: ``note`` is its place here, and may be gone, since
    whoever opens the home meanwhile drops what the bucket does not have. Raises StoreError."""
    with opened(home, s3) as node:
        node.store.write_atomic(_note_in_bucket(gallery, note), data)
        node.bring_pointer(gallery)


def withdraw_note(home: str, gallery: str, note: Path, s3: S3Settings) -> None:
    """What ``publish_note`` has published; other nodes drop it when they next open that gallery.
    Raises StoreError."""
    with opened(home, s3) as node:
        node.store.delete(_note_in_bucket(gallery, note))
        node.bring_pointer(gallery)


def _note_in_bucket(gallery: str, note: Path) -> str:
    return f"galleries/{gallery}/{note.parent.name}/{note.name}"


@contextmanager
def changed_pack(home: Home, name: str | None, s3: S3Settings) -> Iterator[Path]:
    """As ``changed_gallery``, to install packs in; the one of that ``name`` is there, if any is."""
    if isinstance(home, Path):
        yield home
        return
    before = pack_at_hand(home, name, s3) if name else folder_here(home)
    with _workshop(before, f"models/{name}") as folder:
        yield folder
        with opened(home, s3) as node:
            for path in (folder / "models").glob("[!.]*"):
                node.publish(bucket.pack_listing(path.name), path)


def forget_gallery(home: str, gallery: str, s3: S3Settings) -> None:
    """Remove all of a gallery from its bucket and from this node's cache.

    The pointer goes first: half-forgotten it is no gallery any more. Raises StoreUnreachable.
    """
    store = S3Store(home, s3)
    store.delete(f"galleries/{gallery}/{bucket.CURRENT}")
    store.delete(f"galleries/{gallery}")
    with opened(home, s3) as node:
        node.bring_pointer(gallery)


@contextmanager
def _workshop(before: Path, place: str) -> Iterator[Path]:
    """With links to what ``before`` has at ``place``."""
    cache = cache_folder()
    with workshop(cache) as folder:
        with held(cache):
            for path in [path for path in (before / place).rglob("*") if path.is_file()]:
                link_to(path, folder / path.relative_to(before))
        yield folder
