"""What a job that is submitted takes along, and the token that it is let in with."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TOKEN_BYTES = 32


def taken_along(folder: Path) -> set[str]:
    """Files that Ray would pack of a working directory."""
    from ray._private.runtime_env.packaging import _dir_travel

    found: set[str] = set()

    def note(path: Path) -> None:
        if path.is_file():
            found.add(str(path.relative_to(folder)))

    _dir_travel(folder, [], note, include_gitignore=True, logger=logging.getLogger(__name__))
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in (".rayignore", ".gitignore"):
        shutil.copy(REPOSITORY / name, tmp_path)
    wanted = ("lfr_batch/cli/app.py", "lfr_batch/console/static/page.css", "jobs/scan_archive.py",
              "conf/scan.yaml", "conf/mine.yaml")  # fmt: skip
    at_home = ("footage/cam.mp4", "dump.bin", ".hidden/x", ".env", ".venv/bin/python", ".git/HEAD",
               "tests/fixtures/a.jpg", "lfr-data/galleries/g", "infra/secrets/ray-token",
               "conf/face.jpg", "lfr_batch/__pycache__/a.pyc")  # fmt: skip
    for name in (*wanted, *at_home):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_a_job_takes_the_package_along_and_nothing_that_lies_beside(checkout: Path) -> None:
    assert taken_along(checkout) == {
        "lfr_batch/cli/app.py",
        "lfr_batch/console/static/page.css",
        "jobs/scan_archive.py",
        "conf/scan.yaml",
        "conf/mine.yaml",
    }


def test_nothing_of_the_package_is_left_behind() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "lfr_batch", "jobs", "conf"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if tracked.returncode:
        pytest.skip("this is no clone: git does not say what belongs to it")
    there = {name for name in tracked.stdout.splitlines() if (REPOSITORY / name).is_file()}
    assert there <= taken_along(REPOSITORY)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    (tmp_path / "infra" / "secrets").mkdir(parents=True)
    shutil.copy(REPOSITORY / "infra" / "secrets.sh", tmp_path / "infra")
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    return tmp_path / "infra" / "secrets"


def make_secrets(secrets: Path) -> str:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    done = subprocess.run(
        ["make", "-s", "secrets"],
        cwd=secrets.parents[1],
        env=kept,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_token_is_made_once_for_its_owner_alone(secrets: Path) -> None:
    make_secrets(secrets)
    token = (secrets / "ray-token").read_text()
    assert len(bytes.fromhex(token)) == TOKEN_BYTES
    assert {path.name for path in secrets.iterdir()} == {"ray-token", "ray.env", "s3.env"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in secrets.iterdir())
    assert f"RAY_AUTH_TOKEN={token}\n" in (secrets / "ray.env").read_text()
    (secrets / "s3.env").write_text("AWS_DEFAULT_REGION=eu-west-2\n")
    make_secrets(secrets)
    assert (secrets / "ray-token").read_text() == token
    assert (secrets / "s3.env").read_text() == "AWS_DEFAULT_REGION=eu-west-2\n"


def test_what_is_printed_gives_ray_the_token(secrets: Path) -> None:
    printed = make_secrets(secrets)
    script = f'{printed}\necho "$RAY_AUTH_MODE $RAY_AUTH_TOKEN_PATH"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"token {secrets / 'ray-token'}\n"


def test_git_and_images_never_hold_a_secret() -> None:
    ignored = (REPOSITORY / ".gitignore").read_text().splitlines()
    assert ignored.index("/infra/secrets/*") < ignored.index("!/infra/secrets/kustomization.yaml")
    kept = [line for line in (REPOSITORY / ".dockerignore").read_text().split() if "infra" in line]
    assert kept == ["!infra/entrypoint.sh"]
