"""Files that are overwritten before they go.

That reaches what lay on the disk only where the file system writes in place and the disk has no
spare blocks.
"""

from __future__ import annotations

import os
from pathlib import Path

_AT_ONCE = 1 << 20


def overwrite(path: Path) -> None:
    """Only a file of this name: one that is linked elsewhere, too, is somebody else's.

    Raises OSError.
    """
    if path.stat().st_nlink > 1:
        raise OSError("it has another name")
    left = path.stat().st_size
    with path.open("r+b", buffering=0) as file:
        while left > 0:
            left -= file.write(bytes(min(left, _AT_ONCE)))
        os.fsync(file.fileno())
