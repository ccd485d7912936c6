"""The manifests of a lake: ``_lake/manifest/000000123.json`` and those that follow, each written
once.

The one of the highest number counts. A change is made of it and written under the next number,
where nobody else has yet; who comes second makes it again of what the first has written. That one
step is the switch for all readers.
"""

from __future__ import annotations

import random
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from lfr_batch.errors import ResultsError, ResultsTooNew, StoreUnreachable
from lfr_batch.results import layout
from lfr_batch.results.adopted import adopted
from lfr_batch.results.lake_version import require_never_had
from lfr_batch.results.manifest import LakeManifest, from_json, to_json
from lfr_batch.storage.store import Store
from lfr_batch.version import __version__

KEPT = 20
"""Manifests of before that stay, for readers that are just opening one."""

_NAME = re.compile(r"(\d{9})\.json")
_READ_TRIES = 5
_COMMIT_TRIES = 200
_PAUSE_S = 0.05

Change = Callable[[LakeManifest], LakeManifest]


def manifest_path(number: int) -> str:
    return f"{layout.MANIFESTS}/{number:09d}.json"


def newest_number(store: Store) -> int:
    """0 where there is no manifest."""
    return max(_numbers(store), default=0)


def read_manifest(store: Store) -> LakeManifest:
    """What counts now. A lake of a version that knew no manifest is looked through.

    Raises ResultsTooNew, and ResultsError for one that is damaged or lost.
    """
    for _ in range(_READ_TRIES):
        number = newest_number(store)
        if not number:
            require_never_had(store)
            return adopted(store)
        path = manifest_path(number)
        try:
            return replace(from_json(store.read(path), path), number=number)
        except FileNotFoundError:  # older than KEPT by now
            continue
    raise StoreUnreachable(f"the manifest of {store.uri} changes faster than it is read; try again")


def is_sound(store: Store) -> bool:
    """Whether there is a manifest that can be read, or never was one. Raises ResultsTooNew."""
    try:
        read_manifest(store)
    except ResultsTooNew:
        raise
    except ResultsError:
        return False
    return True


def commit(store: Store, change: Change) -> LakeManifest:
    """Make a change and show it to all at once; ``change`` may be asked several times, always of
    what counts then, and once more where it cannot be told whether it was made. What it makes of
    it comes back, with its number.

    Raises what ``change`` raises, and StoreUnreachable.
    """
    for attempt in range(_COMMIT_TRIES):
        if attempt:
            time.sleep(random.uniform(0, _PAUSE_S))  # so that two do not meet again
        before = read_manifest(store)
        after = change(before)
        if after == before and before.number:
            return before
        after = replace(after, number=before.number + 1)
        if write_next(store, after):
            return after
    raise StoreUnreachable(
        f"{store.uri} changes faster than this process can: let others come to their end, then try "
        "again"
    )


def write_next(store: Store, manifest: LakeManifest) -> bool:
    """Whether this very one is under its number now, and has been the newest."""
    by = {"by": __version__, "at": datetime.now(UTC).isoformat(), "token": secrets.token_hex(8)}
    data, path = to_json(manifest, by), manifest_path(manifest.number)
    store.write_new(path, data)
    # Not what it answered: an answer may be lost, and some buckets ignore conditions.
    if not _is(store, path, data):
        return False
    # A number that was taken is free again once it is swept: whoever was held up for so long that
    # others have made KEPT changes cannot tell.
    return _swept(store) < manifest.number


def _is(store: Store, path: str, data: bytes) -> bool:
    try:
        return store.read(path) == data
    except FileNotFoundError:
        return False


def _swept(store: Store) -> int:
    """Up to which number, counted from the newest, manifests go; they are gone now."""
    numbers = _numbers(store)
    last = max(numbers, default=0) - KEPT
    for old in numbers:
        if old <= last:
            store.delete(manifest_path(old))
    return last


def _numbers(store: Store) -> list[int]:
    names = (path.rpartition("/")[2] for path in store.list(layout.MANIFESTS))
    return [int(found[1]) for found in map(_NAME.fullmatch, names) if found]
