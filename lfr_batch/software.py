"""Which lfr_batch this is: its version and a digest of its code, as it lies on this machine."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from lfr_batch.version import __version__

DIGITS = 12


@lru_cache(maxsize=1)
def software() -> str:
    """Like ``0.3.0 9f86d081884c``: two installations of one version that differ, differ here.

    The digest is of the files when this is first asked, and a process reads its modules once:
    whoever changes an installation under a running process is not noticed by that process.
    """
    return f"{__version__} {code_digest(Path(__file__).parent)[:DIGITS]}"


def code_digest(package: Path) -> str:
    """Hex sha256 over the names and bytes of all modules below ``package``; wherever it lies."""
    digest = hashlib.sha256()
    for name in sorted(path.relative_to(package).as_posix() for path in package.rglob("*.py")):
        content = hashlib.sha256((package / name).read_bytes()).hexdigest()
        digest.update(f"{name} {content}\n".encode())
    return digest.hexdigest()
