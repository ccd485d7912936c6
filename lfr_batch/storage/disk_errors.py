"""What a disk refuses, as one error with one sentence. The way out of it the caller knows."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.errors import StoreError, StoreFull, StoreUnreachable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class WayOut:
    """The second half of a sentence: what to do."""

    when_full: str = "free space and try again"
    otherwise: str = "mend it and try again"


TRY_AGAIN = WayOut()
NOTHING_CHANGED = WayOut("free some space and run it again, nothing was changed")


@contextmanager
def disk_errors(place: Path, way_out: WayOut = TRY_AGAIN) -> Iterator[None]:
    """Raises ``refusal`` for an OSError."""
    try:
        yield
    except OSError as error:
        raise refusal(error, place, way_out) from error


def refusal(
    error: OSError, place: Path, way_out: WayOut = TRY_AGAIN, disk: Path | None = None
) -> StoreError:
    """StoreFull where there is no room, StoreUnreachable for a disk that is read-only or gone, for
    want of permission, and whatever else the system says.

    ``disk``: what a full disk is called by, ``place`` unless given.
    """
    if is_full(error):
        return StoreFull(f"the disk holding {disk or place} is full; {way_out.when_full}")
    return StoreUnreachable(f"cannot use {place}: {error.strerror or error}; {way_out.otherwise}")


def is_full(error: OSError) -> bool:
    """No room, none left of a quota, or a file beyond what may be."""
    return error.errno in _FULL
