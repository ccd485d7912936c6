"""Files once found to be what was written, remembered until they change.

A gallery of millions is gigabytes of pictures and templates; every worker of a run would read them
all before its first search. What is remembered of a file is what the system says of it: size,
times and inode. Whatever writes to a file or puts another in its place changes its ctime, which no
program can set back. A disk that decays in silence changes nothing: for that there is
``verify_snapshot``, which reads everything, always.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from lfr_batch.storage.files import write_text
from lfr_batch.storage.locks import exclusive

Stamp = list[int]
"""Size, mtime and ctime in ns, inode."""

SETTLED_S = 2.0
"""A younger file may change once more within one tick of its file system's clock."""


_keeps: ContextVar[bool] = ContextVar("verdicts are kept", default=True)


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Within, verdicts are read and none is written, nor is a lock made."""
    before = _keeps.set(False)
    try:
        yield
    finally:
        _keeps.reset(before)


def verify_once(
    paths: Sequence[Path],
    record: Path,
    verify: Callable[[], None],
    settled_s: float = SETTLED_S,
) -> None:
    """Call ``verify`` unless ``record`` says that ``paths``, as they are now, passed it before.

    Processes that start together wait for the verdict of the first. In a home that cannot be
    written nothing is remembered. Raises what ``verify`` raises.
    """
    now = time.time()
    stamps = _stamps(paths)
    if stamps is not None and _remembered(record) == stamps:
        return
    if not _keeps.get():
        verify()
        return
    with _one_at_a_time(record.with_suffix(".lock")):
        if stamps is not None and _remembered(record) == stamps:
            return
        verify()
        if stamps is not None and stamps == _stamps(paths) and _age_s(stamps, now) >= settled_s:
            _remember(record, stamps)


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    with ExitStack() as held:
        with suppress(OSError):
            held.enter_context(exclusive(lock))
        yield


def _stamps(paths: Sequence[Path]) -> dict[str, Stamp] | None:
    """None where a file is missing or may not be looked at."""
    try:
        found = {path.name: path.stat() for path in paths}
    except OSError:
        return None
    return {
        name: [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        for name, stat in found.items()
    }


def _age_s(stamps: dict[str, Stamp], now: float) -> float:
    return now - max(max(mtime_ns, ctime_ns) for _, mtime_ns, ctime_ns, _ in stamps.values()) / 1e9


def _remembered(record: Path) -> object:
    try:
        return json.loads(record.read_bytes())
    except (OSError, ValueError):
        return None


def _remember(record: Path, stamps: dict[str, Stamp]) -> None:
    with suppress(OSError):
        write_text(record, json.dumps(stamps))
