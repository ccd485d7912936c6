"""The `lfr` command as its user runs it: another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

WHO = ("--case", "CASE-1", "--authority", "Insp. Test, ref 1", "--purpose", "testing")
LFR = (sys.executable, "-m", "lfr_batch.cli.app")


def lfr(
    home: Path | str, *arguments: str | Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LFR, *map(str, arguments)],
        env=surroundings(home, **environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def surroundings(home: Path | str, **environment: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LFR_", "RAY_"))}
    return {**kept, "LFR_HOME": str(home), **environment}


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """What a command with --json or --format json printed: all of stdout is one array."""
    found = json.loads(done.stdout)
    assert isinstance(found, list), done.stdout
    return found
