"""Does something with a file in a process of its own, which is then killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from lfr_batch.storage.files import write_whole
from lfr_batch.storage.folders import new_directory
from lfr_batch.storage.locks import open_lock, try_lock


def in_the_middle_of_a_file(path: Path) -> None:
    with write_whole(path) as file:
        file.write(b"half")
        file.flush()
        _die()


def in_the_middle_of_a_folder(path: Path) -> None:
    with new_directory(path) as building:
        (building / "one").write_bytes(b"half")
        _die()


def while_holding_a_lock(path: Path) -> None:
    file = open_lock(path)
    assert try_lock(file)
    print("held", flush=True)
    sys.stdin.read()
    _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


WAYS: Mapping[str, Callable[[Path], None]] = {
    "file": in_the_middle_of_a_file,
    "folder": in_the_middle_of_a_folder,
    "lock": while_holding_a_lock,
}

if __name__ == "__main__":
    WAYS[sys.argv[1]](Path(sys.argv[2]))
