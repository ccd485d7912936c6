"""What `make` and infra/setup.sh do without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = ("Makefile", "pyproject.toml", "requirements.lock", "infra/setup.sh")
TARGETS = ("setup", "setup-gpu", "demo", "test", "check", "lock", "clean")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # A place for packages that is not there: whatever wants to download fails.
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "MAKE"))}
    kept.pop("VENV", None)
    environment = {**kept, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def python_of(checkout: Path, version: str) -> Path:
    """A stand-in for a Python of another version."""
    path = checkout / "other-python"
    path.write_text(
        "#!/bin/sh\n"
        f'exec python3 -c "import sys; sys.version_info = ({version}); exec(sys.argv[1])" "$2"\n'
    )
    path.chmod(0o755)
    return path


def test_make_alone_lists_the_targets(checkout: Path) -> None:
    done = make(checkout)
    assert done.returncode == 0
    assert all(f"make {target} " in done.stdout for target in TARGETS)
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("version", ["3, 10, 0", "3, 14, 0"])
def test_a_python_that_does_not_fit_is_refused_in_a_sentence(version: str, checkout: Path) -> None:
    done = make(checkout, "setup", f"PYTHON={python_of(checkout, version)}")
    assert done.returncode != 0
    assert "is not a Python from 3.11 to 3.13" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_not_there_is_refused(checkout: Path) -> None:
    done = make(checkout, "setup", "PYTHON=/nowhere/python")
    assert "PYTHON=/nowhere/python is not a Python" in done.stderr


def test_without_network_the_first_time_fails_in_a_sentence(checkout: Path) -> None:
    done = make(checkout, "setup")
    assert done.returncode != 0
    assert "pip could not install requirements.lock" in done.stderr
    # Without its mark the environment is not taken for a complete one the next time.
    assert not (checkout / ".venv" / ".made-from").exists()


def test_ci_runs_the_two_targets() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert text.index("make check") < text.index("make test")
    assert "set -euo pipefail" in text
