"""A file with one JSON object per alert and review, without pictures, for whoever follows it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

from lfr_batch.gallery.durable_files import make_own_folder, own, sync
from lfr_batch.live.afterwards.retention_terms import json_lines_path
from lfr_batch.live.alerts.codec import message
from lfr_batch.live.alerts.sinks.delivery import Deliver, Setting, Trouble
from lfr_batch.live.records import Alert, Review

_TAIL_BYTES = 1 << 20
"""How far back a line is looked for that was written just before a crash."""

Line = dict[str, Any]


def open_json_lines(setting: Setting) -> Deliver | None:
    path = json_lines_path(setting.config)
    return JsonLines(path) if path else None


class JsonLines:
    """Appends; after a start or a failure, only what is not at the end of the file already."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sure = False
        """That the next record was not written before."""

    def __call__(self, record: Alert | Review) -> Trouble | None:
        told = message(record)
        line = json.dumps(told, ensure_ascii=False).encode() + b"\n"
        begin = json.dumps({"kind": told["kind"], "id": told["id"]}).encode()[:-1]
        make_own_folder(self._path.parent)
        sure, self._sure = self._sure, False
        with _locked(self._path) as file:
            _mend_last_line(file, begin)
            if sure or begin not in _tail(file):
                _append(file, line)
        self._sure = True
        return None


def read_lines(path: Path, wanted: Callable[[Line], bool]) -> Iterator[Line]:
    """The objects that are ``wanted``; none from a file that is not there."""
    if path.exists():
        with path.open("rb") as lines:
            yield from filter(wanted, map(_parsed, lines))


def remove_lines(path: Path, unwanted: Callable[[Line], bool]) -> int:
    """Rewrite the file without the lines that are ``unwanted``; how many those were.

    Lines that are no JSON object are left alone. A file that is not there has none.
    """
    if not path.exists():
        return 0
    building, removed = path.with_name(f".{path.name}.sweep"), 0
    with _locked(path), path.open("rb") as lines, open(building, "wb", opener=own) as kept:
        for line in lines:
            if unwanted(_parsed(line)):
                removed += 1
            else:
                kept.write(line)
        kept.flush()
        os.fsync(kept.fileno())
        if removed:
            building.replace(path)
            sync(path.parent)
        else:
            building.unlink()
    return removed


@contextmanager
def _locked(path: Path) -> Iterator[FileIO]:
    """The file of that name, held against others of our kind, also while it is being replaced."""
    while True:
        with FileIO(path, "a+", opener=own) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still(path, file):
                yield file
                return


def _is_still(path: Path, file: FileIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _append(file: FileIO, line: bytes) -> None:
    """All of it or, where the disk is full, nothing."""
    size, left = file.seek(0, os.SEEK_END), line
    try:
        while left:
            left = left[file.write(left) or 0 :]
        os.fsync(file.fileno())
    except OSError:
        os.ftruncate(file.fileno(), size)
        raise


def _mend_last_line(file: FileIO, begin: bytes) -> None:
    """Half a line is of a process that was killed while it wrote this very record, which is
    written anew; one that began otherwise is somebody else's, and ended."""
    torn = _tail(file).rpartition(b"\n")[2]
    if torn.startswith(begin) or begin.startswith(torn):
        file.truncate(file.seek(0, os.SEEK_END) - len(torn))
    else:
        _append(file, b"\n")


def _tail(file: FileIO) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _TAIL_BYTES, 0))
    return file.read()


def _parsed(line: bytes) -> Line:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
