"""One process at a time works on a run.

On a disk the lock is the kernel's (flock): it is gone with its holder, however that died. In a
bucket it is a lease that its holder renews; after a kill it stands for up to LEASE_S, and a store
that ignores conditional writes cannot settle a race of two that start in the same instant.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from lfr_batch.errors import RunBusy, StoreError
from lfr_batch.gallery.durable_files import make_own_folder, own
from lfr_batch.results import layout
from lfr_batch.results.local_store import explained
from lfr_batch.results.s3_store import S3Store
from lfr_batch.results.store import Store

LEASE_S = 60.0
_TRIES = 3
_BETWEEN_TRIES_S = 0.1


@contextmanager
def lock_run(store: Store, run_id: str) -> Iterator[None]:
    """Hold the run. Raises RunBusy, naming the holder, when another live process has it."""
    path = layout.state(run_id, "LOCK")
    if isinstance(store, S3Store):
        holder = _lease(store, path, run_id)
    else:
        holder = _flock(Path(store.uri), path, run_id)
    with holder:
        yield


def is_locked(store: Store, run_id: str) -> bool:
    """Whether a live process holds the run at this moment."""
    path = layout.state(run_id, "LOCK")
    if isinstance(store, S3Store):
        return _valid(_read_lease(store, path)[0])
    try:
        with explained(Path(store.uri), path), (Path(store.uri) / path).open("rb") as file:
            return not _try_flock(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


@contextmanager
def _flock(root: Path, path: str, run_id: str) -> Iterator[None]:
    with _open_lock(root, path) as file:
        if not _persistent_flock(file):
            file.seek(0)
            raise _busy(run_id, _parse(file.read()))
        with explained(root, path):
            file.truncate(0)
            file.write(_claim().encode())
            file.flush()
        yield


def _open_lock(root: Path, path: str) -> IO[bytes]:
    with explained(root, path):
        make_own_folder((root / path).parent)
        return open(root / path, "a+b", opener=own)


def _persistent_flock(file: IO[bytes]) -> bool:
    """Tries more than once: ``is_locked`` of somebody else holds the lock for an instant."""
    for _ in range(_TRIES):
        if _try_flock(file, fcntl.LOCK_EX):
            return True
        time.sleep(_BETWEEN_TRIES_S)
    return False


def _try_flock(file: IO[bytes], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _lease(store: S3Store, path: str, run_id: str) -> Iterator[None]:
    lease, etag = _read_lease(store, path)
    token = uuid.uuid4().hex
    if _valid(lease) or not store.write_new(path, _claim(token, LEASE_S).encode(), etag):
        raise _busy(run_id, lease)
    released = threading.Event()
    keeper = threading.Thread(target=_renew, args=(store, path, token, released), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        released.set()
        keeper.join()
        store.delete(path)


def _renew(store: S3Store, path: str, token: str, released: threading.Event) -> None:
    """A missed renewal is made up for by the next: a lease outlasts three of them."""
    while not released.wait(LEASE_S / 4):
        try:
            store.write_atomic(path, _claim(token, LEASE_S).encode())
        except StoreError:
            continue


def _read_lease(store: S3Store, path: str) -> tuple[dict[str, Any], str | None]:
    try:
        data, etag = store.read_version(path)
    except FileNotFoundError:
        return {}, None
    return _parse(data), etag


def _valid(lease: dict[str, Any]) -> bool:
    return float(lease.get("until", 0.0)) > time.time()


def _claim(token: str = "", lease_s: float = 0.0) -> str:
    who = {"host": socket.gethostname(), "pid": os.getpid(), "token": token}
    return json.dumps({**who, "until": time.time() + lease_s})


def _parse(data: bytes) -> dict[str, Any]:
    try:
        claim = json.loads(data)
    except ValueError:
        return {}
    return claim if isinstance(claim, dict) else {}


def _busy(run_id: str, holder: dict[str, Any]) -> RunBusy:
    who = f"process {holder['pid']} on {holder['host']}" if "pid" in holder else "another process"
    then = "try again" if layout.is_deployment(run_id) else f"run `lfr resume {run_id}`"
    return RunBusy(f"run {run_id} is being worked on by {who}: wait for it, or stop it and {then}")
