"""The lock files belong to pyproject.toml, hold hashes only, and install on every Python."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
LOCKS = ("requirements.lock", "requirements-gpu.lock")
CHECK = [sys.executable, "infra/lock.py", "check"]


def entries(name: str) -> list[str]:
    """Each requirement with its hashes on one line."""
    text = (REPOSITORY / name).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def distributions(name: str, python: str) -> dict[str, Requirement]:
    """What ``name`` installs on x86-64 Linux."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.5",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
    }
    found: dict[str, Requirement] = {}
    for entry in entries(name):
        requirement = Requirement(entry.split(" --hash=")[0].strip())
        marker: Marker | None = requirement.marker
        if marker is None or marker.evaluate(environment):
            key = canonicalize_name(requirement.name)
            assert key not in found, f"{key} twice on {python}"
            found[key] = requirement
    return found


def test_both_are_fresh() -> None:
    done = subprocess.run(CHECK, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_with_hashes_and_no_place_is_named(name: str) -> None:
    for entry in entries(name):
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ ", entry), entry
        assert "--hash=sha256:" in entry
    assert "://" not in (REPOSITORY / name).read_text()


@pytest.mark.parametrize("python", PYTHONS)
def test_cpu_and_gpu_differ_in_the_twins_only(python: str) -> None:
    cpu, gpu = (distributions(name, python) for name in LOCKS)
    assert set(cpu) - set(gpu) == {"faiss-cpu", "onnxruntime"}
    added = {name for name in set(gpu) - set(cpu) if not name.startswith("nvidia-")}
    assert added == {"faiss-gpu", "onnxruntime-gpu"}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_it_installs_what_is_needed_and_one_opencv(name: str, python: str) -> None:
    found = distributions(name, python)
    assert {"opencv-python-headless", "ray", "av", "hatchling", "editables", "pytest"} <= set(found)
    assert "opencv-python" not in found


def test_a_changed_requirement_makes_it_stale(tmp_path: Path) -> None:
    for name in ("pyproject.toml", *LOCKS, "infra/lock.py", "infra/gpu-overrides.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    assert subprocess.run(CHECK, cwd=tmp_path, check=False).returncode == 0
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"rich>=', '"rich>1,>='))
    done = subprocess.run(CHECK, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "make lock" in done.stdout
