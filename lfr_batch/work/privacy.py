"""What keeps a process's files and memory to its owner."""

from __future__ import annotations

import os
import resource


def protect_files() -> None:
    """What this process writes is its owner's alone; a core file of it would hold faces."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
