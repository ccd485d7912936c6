"""A home in a bucket: where what lies, and files to and from it by the sha256 of their bytes.

::

    models/<name>/bundle.json            the files of the pack
    models/<name>/files/<sha256>         each content once
    galleries/<name>/CURRENT             id of the current snapshot
    galleries/<name>/snapshots/<id>.json the files of a snapshot
    galleries/<name>/confirmed/<id>.json who enrolled the same again, and when
    galleries/<name>/calibrated/<id>.json what strangers score with it
    galleries/<name>/forgotten/<id>.json of a snapshot that is gone for a subject's sake
    galleries/<name>/files/<sha256>      each content once, for all snapshots of the gallery

What belongs to a gallery is below its name and nowhere else: who removes that has forgotten it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from lfr_batch.errors import StoreError
from lfr_batch.homes.bundle import SHARED, Bundle, FileInBundle, from_json, to_json
from lfr_batch.storage.files import sha256_of, write_whole
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.s3_store import S3Store

CURRENT = "CURRENT"
OF_SNAPSHOTS = ("confirmed", "calibrated")
NOTES = (*OF_SNAPSHOTS, "forgotten")
"""What is said of snapshots, beside them."""


def pack_listing(name: str) -> str:
    return f"models/{name}/bundle.json"


def snapshot_listing(gallery: str, snapshot_id: str) -> str:
    return f"galleries/{gallery}/snapshots/{snapshot_id}.json"


def content(listing: str, sha256: str) -> str:
    """Where a file of that bundle is."""
    room, name, _ = listing.split("/", 2)
    return f"{room}/{name}/files/{sha256}"


def read_bundle(store: S3Store, listing: str) -> Bundle | None:
    """None where there is none. Raises StoreUnreachable, StoreError."""
    data = read_if_there(store, listing)
    return None if data is None else from_json(data, f"{store.uri}/{listing}")


def read_if_there(store: S3Store, path: str) -> bytes | None:
    try:
        return store.read(path)
    except FileNotFoundError:
        return None


def fetch(store: S3Store, listing: str, entry: FileInBundle, to: Path) -> None:
    """One file, whole or not at all. Raises StoreError for another content, StoreUnreachable."""
    where = content(listing, entry.sha256)
    make_own_folder(to.parent)
    with write_whole(to) as file:
        try:
            store.fetch(where, file)
        except FileNotFoundError as error:
            raise StoreError(
                f"{store.uri}/{where} is gone, and {listing} there lists it: publish that again, "
                "or restore it from a copy."
            ) from error
        file.flush()
        _require_content(Path(file.name), entry, f"{store.uri}/{where}")


def publish(store: S3Store, listing: str, folder: Path, shared: Iterable[Path] = ()) -> Bundle:
    """The files of ``folder`` and those it shares with others, and then the listing that names
    them: all of it, or nothing new.

    Files whose content is there are not sent again. Raises StoreUnreachable.
    """
    bundle = bundle_of(folder, shared)
    paths = {f"{SHARED}{path.name}": path for path in shared}
    for name, entry in bundle.files.items():
        where = content(listing, entry.sha256)
        if not store.exists(where):
            store.send(where, paths.get(name, folder / name))
    store.write_atomic(listing, to_json(bundle))
    return bundle


def bundle_of(folder: Path, shared: Iterable[Path] = ()) -> Bundle:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): _entry(path) for path in paths}
    return Bundle(files=files | {f"{SHARED}{path.name}": _entry(path) for path in shared})


def _entry(path: Path) -> FileInBundle:
    return FileInBundle(sha256=sha256_of(path), bytes=path.stat().st_size)


def _require_content(path: Path, entry: FileInBundle, where: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != entry.sha256:
        raise StoreError(
            f"{where} is not the file it is called after (its sha256 is {found}): remove it and "
            "publish again what it belongs to, or restore it from a copy."
        )
