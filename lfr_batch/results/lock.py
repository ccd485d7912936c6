"""One process at a time works on a run.

Whether somebody alive has it, a lock answers on a disk (flock: gone with its holder, however that
died), and a lease in a bucket: a holder's own claim, renewed by its holder alone. How old a lease
is, the store's clock says, never this machine's: it is compared with something written just now.
After a kill it stands for up to ``lease_s``. Neither decides whose results count: epochs do
(``hold.py``), so that a holder that stood still, or was taken for dead, does no harm.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lfr_batch.errors import StoreError
from lfr_batch.results import layout
from lfr_batch.results.hold import (
    Claim,
    Hold,
    busy,
    claim_path,
    folder,
    gate_path,
    newest_epoch,
    next_number,
    parse_claim,
    read_claim,
    take,
    write_claim,
)
from lfr_batch.results.store import way_out
from lfr_batch.results.stored_run import StoredRun, in_haste
from lfr_batch.storage.local_store import explained
from lfr_batch.storage.locks import is_held, open_lock, try_lock
from lfr_batch.storage.s3_store import S3Store

LEASE_S = 60.0
_RENEWALS = 4
"""In the time of a lease: it outlasts three that fail."""
_SHORTEST_WAIT_S = 1.0
_TRIES = 3
_BETWEEN_TRIES_S = 0.1
_LOCK = "LOCK"

logger = logging.getLogger(__name__)


@contextmanager
def lock_run(run: StoredRun, lease_s: float = LEASE_S) -> Iterator[Hold]:
    """Hold the run. Raises RunBusy, naming the holder, when another live process has it.

    ``lease_s``: how long a lease in a bucket counts that is not renewed.
    """
    bucket = run.store
    holding = _lease(run, bucket, lease_s) if isinstance(bucket, S3Store) else _flock(run)
    with holding as hold:
        yield hold


def is_locked(run: StoredRun) -> bool:
    """Whether a live process holds the run at this moment, as far as can be told by looking."""
    if isinstance(run.store, S3Store):
        return _is_leased(run, run.store)
    path, root = run.state(_LOCK), Path(run.store.uri)
    with explained(root, path, way_out):
        return is_held(root / path)


@contextmanager
def _flock(run: StoredRun) -> Iterator[Hold]:
    path, root = run.state(_LOCK), Path(run.store.uri)
    with explained(root, path, way_out):
        file = open_lock(root / path)
    with file:
        if not try_lock(file, _TRIES, _BETWEEN_TRIES_S):
            raise busy(run.run_id, read_claim(run, newest_epoch(run)))
        yield take(run, next_number(run))


@contextmanager
def _lease(run: StoredRun, bucket: S3Store, lease_s: float) -> Iterator[Hold]:
    hold = _take_if_free(run, bucket, lease_s)
    ended = threading.Event()
    keeper = threading.Thread(target=_renew, args=(hold, lease_s, ended), daemon=True)
    keeper.start()
    try:
        yield hold
    finally:
        ended.set()
        keeper.join()
        with suppress(StoreError):  # then it runs out by itself
            write_claim(in_haste(run), hold.epoch, released=True)


def _renew(hold: Hold, lease_s: float, ended: threading.Event) -> None:
    """Of this holder's own claim: nobody else writes it, and it writes no other."""
    every_s = max(lease_s / _RENEWALS, _SHORTEST_WAIT_S)
    run, beat = in_haste(hold.run, every_s), 0
    while not ended.wait(every_s):
        beat += 1
        with suppress(StoreError):  # made up for by the next
            write_claim(run, hold.epoch, beat=beat)


def _take_if_free(run: StoredRun, bucket: S3Store, lease_s: float) -> Hold:
    number = next_number(run)
    gate = gate_path(run.run_id, number)
    if not _pass_gate(bucket, gate):
        raise busy(run.run_id, {})
    claim, age_s = _last_lease(run, bucket, gate)
    if _is_fresh(claim, age_s, lease_s):
        bucket.delete(gate)
        raise busy(run.run_id, claim)
    return take(run, number)


def _pass_gate(bucket: S3Store, gate: str) -> bool:
    """Whether this process is the first at the gate, as far as the store can say.

    The second of two writes says whether it can. An answer that was lost on its way makes the first
    be written twice: then what is there is this process's own.
    """
    mine = secrets.token_hex().encode()
    if not bucket.write_new(gate, mine) and not _holds(bucket, gate, mine):
        return False
    if bucket.write_new(gate, mine):
        logger.warning(
            "%s ignores conditional writes: two processes that take up a run in the same instant "
            "may both work on it until one of them finds out and stops; no result is lost by it",
            bucket.uri,
        )
    return True


def _holds(bucket: S3Store, path: str, data: bytes) -> bool:
    """Not where it is gone again: somebody else was there, and found the run held."""
    try:
        return bucket.read(path) == data
    except FileNotFoundError:
        return False


def _last_lease(run: StoredRun, bucket: S3Store, just_written: str) -> tuple[Claim, float]:
    """The newest claim and its age in seconds by the store's clock."""
    epoch = newest_epoch(run)
    if epoch == layout.NO_EPOCH:
        return {"released": True}, 0.0
    written = bucket.list_times(folder(run.run_id))
    at = written[claim_path(run.run_id, epoch)]
    # Not there: somebody else was at the same gate and found it held.
    age = written.get(just_written, at) - at
    return read_claim(run, epoch), age.total_seconds()


def _is_leased(run: StoredRun, bucket: S3Store) -> bool:
    """Where nothing may be written to compare with, the time of the store's answer has to do."""
    epoch = newest_epoch(run)
    path = claim_path(run.run_id, epoch) if epoch else run.state(_LOCK)  # of version 0.1
    try:
        data, age_s = bucket.read_aged(path)
    except FileNotFoundError:
        return False
    return _is_fresh(parse_claim(data), age_s, LEASE_S)


def _is_fresh(claim: dict[str, Any], age_s: float, lease_s: float) -> bool:
    return age_s < lease_s and not claim.get("released")
