"""Jobs are the commands, also where the package is only in what was shipped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("job", ["scan_archive", "enrol_gallery"])
def test_a_job_works_where_the_package_is_only_in_the_working_directory(
    job: str, tmp_path: Path
) -> None:
    script = REPOSITORY / "jobs" / f"{job}.py"
    assert len(script.read_text().splitlines()) <= 40
    shipped = tmp_path / "shipped"
    (shipped / "jobs").mkdir(parents=True)
    (shipped / "jobs" / script.name).write_bytes(script.read_bytes())
    (shipped / "lfr_batch" / "cli").mkdir(parents=True)
    (shipped / "lfr_batch" / "__init__.py").touch()
    (shipped / "lfr_batch" / "cli" / "__init__.py").touch()
    (shipped / "lfr_batch" / "cli" / "app.py").write_text("main = print\n")
    # -S: without the packages that are installed.
    command = [sys.executable, "-I", "-S", str(shipped / "jobs" / script.name), "--case", "OP-1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "'--case', 'OP-1']" in done.stdout, done.stderr


@pytest.mark.parametrize("job", ["scan_archive", "enrol_gallery"])
def test_a_job_refuses_as_the_command_does(job: str, tmp_path: Path) -> None:
    command = [sys.executable, str(REPOSITORY / "jobs" / f"{job}.py"), "--images", "x", "custody"]
    if job == "scan_archive":
        command = command[:2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "--case and --authority" in done.stderr
    assert list(tmp_path.iterdir()) == []
