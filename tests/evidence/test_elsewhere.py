"""A pack on machines that are not ours: old and new Pythons, and the real `age`."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path

import pytest

from lfr_batch.config.policy import AGE_KEY
from lfr_batch.evidence import verify
from lfr_batch.evidence.sealed import seal
from lfr_batch.front.evidence import MadePack

OLDEST = (3, 8)
"""As the pack says."""
Words = list[str | Path]
MINORS = range(OLDEST[1], 16)


@cache
def pythons() -> dict[str, Path]:
    """Those of this machine, by version: on the path, or of pyenv."""
    own = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    named = (shutil.which(f"python3.{minor}") for minor in MINORS)
    found = [*sorted(own.glob("versions/*/bin/python3")), *map(Path, filter(None, named))]
    said = ((_version(each), each) for each in found)
    return {version: each for version, each in said if version}


def _version(python: Path) -> str:
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def made(without_footage: MadePack) -> MadePack:
    return without_footage


@pytest.mark.parametrize("minor", MINORS)
def test_it_verifies_on_any_python(minor: int, made: MadePack, tmp_path: Path) -> None:
    python = pythons().get(f"3.{minor}")
    if python is None:
        pytest.skip(f"no Python 3.{minor} on this machine")
    pack = Path(shutil.copy(made.path, tmp_path / "pack.zip"))
    with zipfile.ZipFile(pack) as archive:
        archive.extract("verify.py", tmp_path)

    def verified() -> subprocess.CompletedProcess[str]:
        command: Words = [
            python,
            "-I",
            "-W",
            "error",
            "verify.py",
            "pack.zip",
            "--key",
            made.fingerprint,
        ]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = verified()
    assert (done.returncode, done.stderr) == (0, "")
    assert f"of run {made.run_id}" in done.stdout
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(data)
    done = verified()
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_its_words_are_those_of_the_oldest() -> None:
    ast.parse(Path(verify.__file__).read_text(), feature_version=OLDEST)


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    if not shutil.which("age-keygen"):
        pytest.skip("age is not there (package age)")
    both = (tmp_path / "court.txt", tmp_path / "other.txt")
    for each in both:
        making: Words = ["age-keygen", "-o", each]
        subprocess.run(making, capture_output=True, check=True)
    return both


def test_age_opens_what_is_sealed_for_its_keys(keys: tuple[Path, Path], tmp_path: Path) -> None:
    """As the README of the pack says it; nobody else's key does."""
    court, other = keys
    asked: Words = ["age-keygen", "-y", court]
    public = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    assert AGE_KEY.fullmatch(public)
    members = [("sightings/a/clip.mp4", os.urandom(200_000)), ("sightings/a/frame.png", b"frame")]
    seal(tmp_path / "sealed.age", members, {"court": public})
    opening: Words = [
        "age",
        "-d",
        "-i",
        court,
        "-o",
        tmp_path / "sealed.zip",
        tmp_path / "sealed.age",
    ]
    subprocess.run(opening, check=True)
    with zipfile.ZipFile(tmp_path / "sealed.zip") as archive:
        assert archive.testzip() is None
        assert [(name, archive.read(name)) for name in archive.namelist()] == members
    opening[3] = other
    assert subprocess.run(opening, capture_output=True, check=False).returncode == 1
