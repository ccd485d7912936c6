"""The reference of the Python API is rendered, whole and without a warning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import lfr_batch
from infra.lock import REPOSITORY


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """As `make docs` writes it."""
    folder = tmp_path_factory.mktemp("reference")
    script = REPOSITORY / "infra" / "reference.py"
    done = subprocess.run(
        [sys.executable, str(script), str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "lfr_batch" / "errors.html").is_file()
    return (folder / "lfr_batch.html").read_text("utf-8")


@pytest.mark.parametrize("name", lfr_batch.__all__)
def test_every_public_name_is_in_it(page: str, name: str) -> None:
    assert f'id="{name}"' in page


def test_every_public_name_is_documented() -> None:
    bare = [name for name in lfr_batch.__all__ if not getattr(lfr_batch, name).__doc__]
    assert bare == []


def test_no_path_of_the_machine_is_in_it(page: str) -> None:
    assert str(Path.cwd()) not in page
