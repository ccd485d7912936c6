"""Small packs, and one in InsightFace's layout made of real models."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lfr_batch.models.manifest import DetectorSpec, EmbedderSpec, PackManifest
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.storage.files import sha256_of


@pytest.fixture(scope="session")
def open_pack(open_pack_home: Path) -> Pack:
    return load_pack(open_pack_home, "open")


@pytest.fixture
def home_with_open(open_pack: Pack, tmp_path: Path) -> Path:
    """A home of one's own, to write in, with the open pack."""
    home = tmp_path / "home"
    shutil.copytree(open_pack.directory, home / "models" / "open")
    return home


@pytest.fixture
def pack_directory(tmp_path: Path) -> Path:
    """A complete pack of ours whose models are a few bytes."""
    directory = tmp_path / "small"
    (directory / "sub").mkdir(parents=True)
    for file in ("d.onnx", "sub/e.onnx"):
        (directory / file).write_bytes(file.encode())
    write_manifest(directory)
    return directory


def write_manifest(directory: Path, name: str = "small") -> None:
    manifest = PackManifest(
        name=name,
        version="1",
        licence="MIT",
        permitted_use="any",
        source="a test",
        files={file: sha256_of(directory / file) for file in ("d.onnx", "sub/e.onnx")},
        detector=DetectorSpec(kind="centerface", file="d.onnx"),
        embedder=EmbedderSpec(file="sub/e.onnx", dim=8),
    )
    (directory / "manifest.json").write_text(manifest.to_json())


@pytest.fixture
def insightface_directory(open_pack: Pack, shared_data: Path, tmp_path: Path) -> Path:
    """A heap of ONNX files as buffalo is one: an SCRFD, and SFace as the ArcFace-type model."""
    directory = tmp_path / "heap_l"
    directory.mkdir()
    shutil.copy(shared_data / "models" / "scrfd_2.5g_kps.onnx", directory / "det.onnx")
    shutil.copy(open_pack.embedder_path, directory / "rec.onnx")
    return directory
