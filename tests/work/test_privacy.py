"""A worker's files are its owner's, it leaves no core file, and freed memory is overwritten."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.memory_search import most_alike

WORKER = """
import pathlib, resource, sys
from lfr_batch.work.privacy import protect_files
protect_files()
pathlib.Path(sys.argv[1], "file").write_text("")
pathlib.Path(sys.argv[1], "folder").mkdir()
print(resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_files_and_memory(tmp_path: Path) -> None:
    """In a process of its own: it is for good."""
    said = subprocess.run(
        [sys.executable, "-c", WORKER, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == "(0, 0)"
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("file", "folder")}
    assert modes == {"file": 0o600, "folder": 0o700}


HOLDER = """
import sys
import numpy as np
from lfr_batch.work.privacy import overwrite_small_arrays, overwrite_what_is_freed
rows, overwriting = int(sys.argv[1]), sys.argv[2] == "overwriting"
if overwriting:
    assert overwrite_what_is_freed()
rng = np.random.default_rng(1)
held = [rng.normal(size=(rows, 128)).astype(np.float32) for _ in range(20)]
print("held", flush=True)
sys.stdin.readline()
del held, rng
if overwriting:
    overwrite_small_arrays(512)
print("freed", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize(("rows", "overwriting"), [(1, True), (3, True), (64, True), (3, False)])
def test_what_is_freed_is_overwritten(rows: int, overwriting: bool) -> None:
    """Also that the search of memory finds what is there, which is what it is for.

    All that was held is looked for: whatever the process does next may reuse a block or two.
    """
    templates = np.random.default_rng(1).normal(size=(20 * rows, 128)).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    word = "overwriting" if overwriting else "as it is"
    command = [sys.executable, "-c", HOLDER, str(rows), word]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        assert most_alike(holder.pid, templates) > 0.999
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "freed\n"
        left = most_alike(holder.pid, templates)
        holder.stdin.write("\n")
        holder.stdin.flush()
    assert (left < 0.7) == overwriting
