"""What of a home is needed here, as a folder: a home in a bucket is pulled into this node's cache.

Whoever comes while it is being pulled waits for it. Each opening looks which packs and snapshots
the bucket still has; what it no longer has leaves the cache, except for what a process has mapped.
"""

from __future__ import annotations

from pathlib import Path

from lfr_batch.homes import bucket
from lfr_batch.homes.cache import cache_folder, folder_of
from lfr_batch.homes.opened import Chosen, everything, opened
from lfr_batch.storage.store import S3Settings

Home = Path | str
"""A folder, or s3://bucket/prefix."""


def home_at(recorded: str) -> Home:
    """As it was written down: ``str`` of a home."""
    return recorded if "://" in recorded else Path(recorded)


def folder_here(home: Home) -> Path:
    """The folder in which a home is on this machine, whatever of it is there by now."""
    return home if isinstance(home, Path) else folder_of(cache_folder(), home)


def pack_at_hand(home: Home, name: str, s3: S3Settings) -> Path:
    """The home as a folder that holds the pack, if there is such a pack. Raises StoreError."""
    if isinstance(home, Path):
        return home
    with opened(home, s3) as node:
        node.bring(bucket.pack_listing(name), everything)
        if bucket.pack_listing(name) not in node.there:
            node.bring_manifests()  # whoever says that there is none says which there are
    return node.folder


def snapshot_at_hand(
    home: Home,
    gallery: str,
    snapshot_id: str | None,
    s3: S3Settings,
    needed: Chosen = everything,
) -> Path:
    """The home as a folder that holds a gallery's current snapshot, or the one named, if there is
    such a one: those of its files that are needed. Raises StoreError."""
    if isinstance(home, Path):
        return home
    with opened(home, s3) as node:
        current = node.bring_pointer(gallery)
        wanted = snapshot_id or current
        if wanted:
            node.bring(bucket.snapshot_listing(gallery, wanted), needed)
        else:
            node.bring_manifests()
    return node.folder


def gallery_at_hand(home: Home, gallery: str, s3: S3Settings) -> Path:
    """The home as a folder that holds all of a gallery's snapshots, to enrol it again."""
    if isinstance(home, Path):
        return home
    with opened(home, s3) as node:
        node.bring_pointer(gallery)
        for listing in node.store.list(f"galleries/{gallery}/snapshots"):
            node.bring(listing, everything)
    return node.folder


def manifests_at_hand(home: Home, s3: S3Settings) -> Path:
    """The home as a folder in which every pack and snapshot has its manifest, if no more."""
    if isinstance(home, Path):
        return home
    with opened(home, s3) as node:
        node.bring_manifests()
    return node.folder
