"""A folder for one Ray session that nobody else can enter, and that goes with it.

Ray makes its folders writable for everybody (``try_make_directory_shared`` in its
``_common/utils.py``), its first one too. Who can enter them can put a link in place of a log, and
have files of whoever runs Ray overwritten. So Ray's first folder lies in one of ours::

    BASE/lfr-ray-XXXXXXXX/        its owner's alone, locked (flock) while its process lives
        r/                        Ray's, with session_*/logs and session_*/sockets
        token                     without which nobody can talk to that Ray

``BASE`` is RAY_TMPDIR, or else /tmp: the sockets' paths have room for 107 bytes, so it must be
short. What a process that was killed has left there is removed when the next one starts.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lfr_batch.engine.session_processes import end_processes
from lfr_batch.errors import EngineError
from lfr_batch.storage.files import OWN_FOLDER, own

logger = logging.getLogger(__name__)

VARIABLE = "RAY_TMPDIR"
USUAL_BASE = Path("/tmp")
WAY_OUT = (
    f"set {VARIABLE} to a folder with a short path that only you can write to, or unset it to use "
    f"{USUAL_BASE}"
)
PREFIX = "lfr-ray-"
RAYS, TOKEN = "r", "token"
TOKEN_BYTES = 32

SOCKET_BYTES = 107
"""The longest path of a socket on Linux (unix(7): 108 with the zero at its end)."""
_LONGEST_SOCKET = (
    f"/{PREFIX}XXXXXXXX/{RAYS}/session_2026-01-31_10-45-02_123456_4194304/sockets/plasma_store"
)
BASE_BYTES = SOCKET_BYTES - len(_LONGEST_SOCKET)
"""The longest path of a base."""

_OURS = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS_ENTER = stat.S_IXGRP | stat.S_IXOTH
_AS_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextmanager
def session_folder() -> Iterator[Path]:
    """A new private folder with a token in it; removed at the end with all that is in it then.

    Processes that still write there are ended first. Where messages of level DEBUG are shown it is
    left, for whoever looks for Ray's logs, until the next one is made.

    Raises EngineError where there can be no such folder, OSError.
    """
    base = usable_base()
    sweep(base)
    folder, held = _new_folder(base)
    try:
        with open(folder / TOKEN, "x", encoding="ascii", opener=own) as file:
            file.write(secrets.token_hex(TOKEN_BYTES))
        yield folder
    finally:
        ended = end_processes(folder)
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("Ray's logs are in %s until Ray is started again", folder / RAYS)
        elif ended:
            shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def usable_base() -> Path:
    """``base_folder``. Raises EngineError where no private folder can be made in it."""
    base = base_folder()
    trouble = trouble_with(base)
    if trouble:
        raise EngineError(f"{trouble}: {WAY_OUT}.")
    return base


def base_folder() -> Path:
    """Where private folders are made, without links."""
    return Path(os.environ.get(VARIABLE) or USUAL_BASE).resolve()


def trouble_with(base: Path) -> str | None:
    """Why no private folder can be made in ``base``; None where one can. ``WAY_OUT`` helps."""
    try:
        return _trouble(base)
    except OSError as error:
        return f"{base}, in which Ray's session would be, cannot be used ({error.strerror})"


def _trouble(base: Path) -> str | None:
    mine_to_change = base.is_dir() and os.access(base, os.W_OK | os.X_OK)
    if not mine_to_change:
        return f"{base} is no folder in which you can make one for Ray's session"
    if len(os.fsencode(base)) > BASE_BYTES:
        return (
            f"{base} is too long a path for Ray's session: sockets have room for {SOCKET_BYTES} "
            f"bytes, which leaves {BASE_BYTES} for it"
        )
    for place in (base, *base.parents):
        if _others_may_replace_what_is_in(place):
            return f"Other users can change {place}, and so put another folder in place of Ray's"
    return None


def sweep(base: Path) -> None:
    """Remove what killed processes of this user have left in ``base``, and nothing else."""
    with suppress(OSError), os.scandir(base) as entries:
        for entry in entries:
            if _OURS.fullmatch(entry.name):
                with suppress(OSError):  # another process may be sweeping, too
                    _remove_if_dead(Path(entry.path))


def is_open(folder: Path) -> bool:
    """Whether another user could change what is in ``folder``. Raises OSError."""
    for place in folder.parents:
        if not place.stat().st_mode & _OTHERS_ENTER:
            return False
    found = folder.lstat()
    is_link = stat.S_ISLNK(found.st_mode)
    return is_link or found.st_uid != os.geteuid() or bool(found.st_mode & _OTHERS_WRITE)


def _others_may_replace_what_is_in(place: Path) -> bool:
    """In a sticky folder, as /tmp is, only a file's owner and the folder's own may."""
    found = place.stat()
    # The machine's owner may do anything; in a container that need not be number 0.
    trusted = {os.geteuid(), Path("/").stat().st_uid}
    shared = found.st_mode & _OTHERS_WRITE and not found.st_mode & stat.S_ISVTX
    return bool(shared) or found.st_uid not in trusted


def _new_folder(base: Path) -> tuple[Path, int]:
    """A folder, and the descriptor whose lock says that its process lives."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        with suppress(FileNotFoundError):  # swept in the instant before it was locked
            held = os.open(folder, _AS_FOLDER)
            fcntl.flock(held, fcntl.LOCK_EX)
            if not _is_private(held):
                os.close(held)
                folder.rmdir()
                raise EngineError(
                    f"{base} keeps no permissions, and Ray's session must be its owner's alone: "
                    f"set {VARIABLE} to a folder with a short path on another disk."
                )
            if _is_still(folder, held):
                return folder, held
            os.close(held)


def _remove_if_dead(folder: Path) -> None:
    held = os.open(folder, _AS_FOLDER)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        own_alone = _is_private(held) and _is_still(folder, held)
        ours = own_alone and {path.name for path in folder.iterdir()} <= {RAYS, TOKEN}
        if ours and end_processes(folder):
            shutil.rmtree(folder)
    finally:
        os.close(held)


def _is_private(held: int) -> bool:
    found = os.fstat(held)
    return found.st_uid == os.geteuid() and found.st_mode & 0o777 == OWN_FOLDER


def _is_still(folder: Path, held: int) -> bool:
    try:
        return os.path.samestat(folder.lstat(), os.fstat(held))
    except FileNotFoundError:
        return False
