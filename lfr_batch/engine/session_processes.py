"""What still runs of a Ray session that is over.

Ray's agents outlive their cluster: they notice within some seconds that it is gone, or, where they
are still starting, make its folders anew. In a folder's name that somebody else has taken by then
they would write what that one wants. So they end before the folder goes.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

END_S = 10.0
_LOOK_S = 0.02


def end_processes(folder: Path) -> bool:
    """End every process that writes below ``folder``, but this one; whether none is left."""
    until_s = monotonic() + END_S
    while left := set(writers_below(folder)):
        if monotonic() > until_s:
            return False
        for process in left:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        sleep(_LOOK_S)
    return True


def writers_below(folder: Path) -> Iterator[int]:
    """Processes of this user that have a file there open for writing; all of Ray's have a log."""
    beginning = f"{folder}/"
    for process in Path("/proc").glob("[0-9]*"):
        if process.name != str(os.getpid()):
            with suppress(OSError):  # it is gone, or is another user's
                if _writes(process, beginning):
                    yield int(process.name)


def _writes(process: Path, beginning: str) -> bool:
    for file in (process / "fd").iterdir():
        if str(file.readlink()).startswith(beginning):
            said = (process / "fdinfo" / file.name).read_text()
            flags = int(said.partition("flags:")[2].split()[0], 8)
            if flags & os.O_ACCMODE != os.O_RDONLY:
                return True
    return False
