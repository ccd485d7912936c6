"""What the images promise. They are not built here."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
INFRA = REPOSITORY / "infra"
DOCKERFILES = {"Dockerfile": "requirements.lock", "Dockerfile.gpu": "requirements-gpu.lock"}


@pytest.mark.parametrize(("name", "lock"), DOCKERFILES.items())
def test_an_image_is_made_from_its_lock_and_holds_no_data(name: str, lock: str) -> None:
    text = (INFRA / name).read_text()
    assert re.findall(r"-r (\S+)", text) == [lock]
    assert "--require-hashes" in text
    assert text.rindex("USER 10001") > text.rindex("COPY")
    copied = {source for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.M)
              for source in line.split()}  # fmt: skip
    assert all((REPOSITORY / source).exists() for source in copied)
    assert not copied & {".", "lfr-data", "shared"}


def test_the_build_context_leaves_everything_else_out() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    kept = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    assert {"lfr_batch", "jobs", "conf", *DOCKERFILES.values()} <= kept


def test_the_entry_point_turns_core_dumps_off_and_runs_the_command() -> None:
    command = ["bash", str(INFRA / "entrypoint.sh"), "bash", "-c", "ulimit -c; umask; exit 7"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["0", "0077"]
    assert done.returncode == 7
