"""The folder that an evaluation's gallery has to itself, and that is destroyed with it.

It lies in the home, where all workers see it, and holds templates of those who are enrolled, no
pictures. It is overwritten and removed when the evaluation ends, however it ends; what a killed one
left behind, by the next.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lfr_batch.homes.at_hand import Home, folder_here
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.files import OWN_FOLDER
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.locks import exclusive, open_lock, try_lock
from lfr_batch.storage.overwriting import overwrite

ROOMS, LOCK, GATE = "evaluations", "LOCK", ".lock"


@contextmanager
def private_room(home: Home) -> Iterator[Path]:
    """A home with nothing in it. Raises StoreError where there is no room for it, or where it could
    not be destroyed."""
    rooms = folder_here(home) / ROOMS
    room = rooms / secrets.token_hex(8)
    with disk_errors(rooms):
        make_own_folder(rooms)
        with exclusive(rooms / GATE):
            destroy_leftovers_in(rooms)
            room.mkdir(OWN_FOLDER)
            held = open_lock(room / LOCK)
            try_lock(held)
    try:
        yield room
    finally:
        with held, disk_errors(rooms):
            _destroy(room)


def destroy_leftovers_in(rooms: Path) -> None:
    """Rooms that no living process has. Call it under the gate's lock."""
    for room in sorted(path for path in rooms.iterdir() if path.is_dir()):
        with open_lock(room / LOCK) as file:
            if try_lock(file):
                _destroy(room)


def _destroy(room: Path) -> None:
    for path in sorted(room.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with suppress(OSError):
                overwrite(path)
    shutil.rmtree(room)
