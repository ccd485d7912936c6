"""What a worker writes is its owner's alone, and it leaves no core file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WORKER = """
import pathlib, resource, sys
from lfr_batch.work.privacy import protect_files
protect_files()
pathlib.Path(sys.argv[1], "file").write_text("")
pathlib.Path(sys.argv[1], "folder").mkdir()
print(resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.parametrize(("name", "mode"), [("file", 0o600), ("folder", 0o700)])
def test_files_and_memory(tmp_path: Path, name: str, mode: int) -> None:
    """In a process of its own: it is for good."""
    said = subprocess.run(
        [sys.executable, "-c", WORKER, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == "(0, 0)"
    assert (tmp_path / name).stat().st_mode & 0o777 == mode
