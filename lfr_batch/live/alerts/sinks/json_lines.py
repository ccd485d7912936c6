"""A file with one JSON object per alert and review, without pictures, for whoever follows it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any

from lfr_batch.config.live import LiveConfig
from lfr_batch.errors import ConfigError, LiveError
from lfr_batch.live.afterwards.retention_terms import json_lines_path
from lfr_batch.live.alerts.codec import message
from lfr_batch.live.alerts.sinks.delivery import SLOW_WAIT_S, Deliver, Setting, Trouble
from lfr_batch.live.records import Alert, Review
from lfr_batch.storage.files import sweep_halves, write_whole
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.lines import append, held_lines
from lfr_batch.storage.links import elsewhere, has_other_names

_TAIL_BYTES = 1 << 20
"""How far back a line is looked for that was written just before a crash."""

Line = dict[str, Any]


def open_json_lines(setting: Setting) -> Deliver | None:
    path = json_lines_path(setting.config)
    return JsonLines(path) if path else None


def require_own_file(config: LiveConfig) -> None:
    """Before a deployment begins: a file that gets another name later is the sink's trouble, and
    keeps no router from coming back. Raises ConfigError."""
    path = json_lines_path(config)
    why = elsewhere(path) if path else None
    if why:
        raise ConfigError(
            f"alerts.json_lines is {path}, which {why}, and what is deleted there would stay "
            "elsewhere: name a file of its own"
        )


class JsonLines:
    """Appends; after a start or a failure, only what is not at the end of the file already. Not to
    a file that has got another name since, nor through a link."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sure = False
        """That the next record was not written before."""

    def __call__(self, record: Alert | Review) -> Trouble | None:
        told = message(record)
        line = json.dumps(told, ensure_ascii=False).encode() + b"\n"
        begin = json.dumps({"kind": told["kind"], "id": told["id"]}).encode()[:-1]
        make_own_folder(self._path.parent)
        why = elsewhere(self._path)
        if why:
            return Trouble(f"{self._path} {why}: alerts go to a file of its own alone", SLOW_WAIT_S)
        sure, self._sure = self._sure, False
        with held_lines(self._path) as file:
            _mend_last_line(file, begin)
            if sure or begin not in _tail(file):
                append(file, line)
        self._sure = True
        return None


def read_lines(path: Path, wanted: Callable[[Line], bool]) -> Iterator[Line]:
    """The objects that are ``wanted``; none from a file that is not there."""
    if path.exists():
        with path.open("rb") as lines:
            yield from filter(wanted, map(_parsed, lines))


def remove_lines(path: Path, unwanted: Callable[[Line], bool]) -> int:
    """Rewrite the file without the lines that are ``unwanted``; how many those were.

    Lines that are no JSON object are left alone. A file that is not there has none. Where it is a
    link, what it leads to is rewritten. Raises LiveError for a file with other names, below which
    the lines would stay.
    """
    path = path.resolve()
    if not path.exists():
        return 0
    with held_lines(path) as held, path.open("rb") as lines:
        sweep_halves(path)
        removed = sum(unwanted(_parsed(line)) for line in lines)
        why = has_other_names(os.fstat(held.fileno()))
        if removed and why:
            raise LiveError(
                f"{path} {why}, below which its lines would stay: remove those and sweep again"
            )
        if removed:
            lines.seek(0)
            with write_whole(path) as kept:
                kept.writelines(line for line in lines if not unwanted(_parsed(line)))
    return removed


def _mend_last_line(file: FileIO, begin: bytes) -> None:
    """Half a line is of a process that was killed while it wrote this very record, which is
    written anew; one that began otherwise is somebody else's, and ended."""
    torn = _tail(file).rpartition(b"\n")[2]
    if torn.startswith(begin) or begin.startswith(torn):
        file.truncate(file.seek(0, os.SEEK_END) - len(torn))
    else:
        append(file, b"\n")


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
