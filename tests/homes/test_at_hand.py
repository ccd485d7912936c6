"""A home in a bucket: published from one node, at hand on another, and forgotten on all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import StoreError
from lfr_batch.homes.at_hand import (
    folder_here,
    gallery_at_hand,
    home_at,
    manifests_at_hand,
    pack_at_hand,
    snapshot_at_hand,
)
from lfr_batch.homes.change import changed_gallery, changed_pack, forget_gallery, rid_gallery
from lfr_batch.storage.s3_store import S3Store

S3 = S3Config()
PACK = {"manifest.json": b"{}", "sub/model.onnx": b"weights"}
FIRST = {"manifest.json": b"{1}", "templates.parquet": b"faces", "index.faiss": b"vectors"}
SECOND = {**FIRST, "manifest.json": b"{2}", "index.faiss": b"more vectors"}


def fill(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def content(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def enrol(home: str, snapshot_id: str, files: Mapping[str, bytes]) -> None:
    with changed_gallery(home, "people", S3) as folder:
        gallery = folder / "galleries" / "people"
        fill(gallery / "snapshots" / snapshot_id, files)
        fill(gallery, {"CURRENT": f"{snapshot_id}\n".encode()})


def install(home: str, files: Mapping[str, bytes] = PACK) -> None:
    with changed_pack(home, "open", S3) as folder:
        fill(folder / "models" / "open", files)


def another_node(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    monkeypatch.setenv("LFR_CACHE", str(folder))
    return folder


@pytest.fixture
def published(home: str) -> str:
    install(home)
    enrol(home, "aaa", FIRST)
    enrol(home, "bbb", SECOND)
    return home


def test_what_one_node_published_is_at_hand_on_another(
    published: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    another_node(monkeypatch, tmp_path / "other")
    folder = pack_at_hand(published, "open", S3)
    assert content(folder) == {f"models/open/{name}": data for name, data in PACK.items()}
    folder = snapshot_at_hand(published, "people", None, S3)
    assert content(folder / "galleries") == {
        "people/CURRENT": b"bbb\n",
        **{f"people/snapshots/bbb/{name}": data for name, data in SECOND.items()},
    }
    snapshot_at_hand(published, "people", "aaa", S3)
    assert content(folder / "galleries" / "people" / "snapshots" / "aaa") == FIRST
    assert folder == folder_here(published)


def test_manifests_alone_are_brought_to_tell_what_there_is(
    published: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    another_node(monkeypatch, tmp_path / "other")
    assert set(content(manifests_at_hand(published, S3))) == {
        "models/open/manifest.json",
        "galleries/people/CURRENT",
        "galleries/people/snapshots/aaa/manifest.json",
        "galleries/people/snapshots/bbb/manifest.json",
    }
    folder = gallery_at_hand(published, "people", S3)
    assert content(folder / "galleries" / "people" / "snapshots" / "bbb") == SECOND
    assert set(content(manifests_at_hand(published, S3))) >= {
        "galleries/people/snapshots/bbb/index.faiss"
    }


def test_a_content_is_in_the_bucket_once_and_in_the_cache(published: str) -> None:
    contents = {hashlib.sha256(data).hexdigest() for data in {*FIRST.values(), *SECOND.values()}}
    stored = S3Store(published, S3).list("galleries/people/files")
    assert set(stored) == {f"galleries/people/files/{sha256}" for sha256 in contents}
    snapshots = gallery_at_hand(published, "people", S3) / "galleries/people/snapshots"
    same = {name: (snapshots / "aaa" / name).samefile(snapshots / "bbb" / name) for name in FIRST}
    assert same == {"manifest.json": False, "templates.parquet": True, "index.faiss": False}


def test_many_workers_wait_for_one_pull(
    published: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    another_node(monkeypatch, tmp_path / "other")
    fetched: list[str] = []
    fetch = S3Store.fetch

    def noting(store: S3Store, path: str, to: object) -> None:
        fetched.append(path)
        fetch(store, path, to)  # type: ignore[arg-type]

    monkeypatch.setattr(S3Store, "fetch", noting)
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: snapshot_at_hand(published, "people", None, S3), range(4)))
    assert len(folders) == 1
    assert len(fetched) == len(SECOND)


def test_what_decayed_in_the_cache_is_brought_again(published: str) -> None:
    folder = pack_at_hand(published, "open", S3)
    with (folder / "models/open/sub/model.onnx").open("r+b") as file:
        file.write(b"W")
    pack_at_hand(published, "open", S3)
    assert (folder / "models/open/sub/model.onnx").read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"others!", r"/files/\w{64} is not the file it is called after \(its sha256 is \w{64}\)"),
        (None, r"/files/\w{64} is gone, and models/open/bundle\.json there lists it"),
    ],
)
def test_a_bucket_that_has_something_else_gives_nothing(
    published: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    data: bytes | None,
    sentence: str,
) -> None:
    store = S3Store(published, S3)
    path = f"models/open/files/{hashlib.sha256(b'weights').hexdigest()}"
    store.write_atomic(path, data) if data else store.delete(path)
    cache = another_node(monkeypatch, tmp_path / "other")
    with pytest.raises(StoreError, match=sentence):
        pack_at_hand(published, "open", S3)
    assert not (cache / "files" / path.rsplit("/", 1)[1]).exists()


def test_a_pack_in_place_of_another_takes_its_names(published: str) -> None:
    with changed_pack(published, "open", S3) as folder:
        (folder / "models/open/sub/model.onnx").unlink()
        fill(folder / "models/open", {"other.onnx": b"other weights"})
    folder = pack_at_hand(published, "open", S3)
    assert set(content(folder / "models/open")) == {"manifest.json", "other.onnx"}


def test_a_snapshot_stays_as_it_was_first_written(published: str) -> None:
    enrol(published, "aaa", {**FIRST, "manifest.json": b"of another date"})
    folder = snapshot_at_hand(published, "people", None, S3)
    assert content(folder / "galleries/people/snapshots/aaa") == FIRST
    assert (folder / "galleries/people/CURRENT").read_text() == "aaa\n"


def test_who_fails_while_enrolling_publishes_nothing(published: str) -> None:
    before = S3Store(published, S3).list("galleries")
    with pytest.raises(IsADirectoryError), changed_gallery(published, "people", S3) as folder:
        fill(folder / "galleries/people/snapshots/ccc", {**FIRST, "..": b"fails"})
    assert S3Store(published, S3).list("galleries") == before
    assert not folder.exists()


def test_a_forgotten_gallery_leaves_every_cache_that_is_opened_again(
    published: str, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = another_node(monkeypatch, tmp_path / "other")
    snapshot_at_hand(published, "people", None, S3)
    another_node(monkeypatch, cache)
    forget_gallery(published, "people", S3)
    store = S3Store(published, S3)
    assert store.list("galleries") == ()
    assert faces_in(cache) == []
    assert faces_in(other) != []
    another_node(monkeypatch, other)
    pack_at_hand(published, "open", S3)
    assert faces_in(other) == []
    folder = snapshot_at_hand(published, "people", None, S3)
    assert content(folder / "galleries") == {}


def faces_in(cache: Path) -> list[str]:
    known = {*FIRST.values(), *SECOND.values()} - {PACK["manifest.json"]}
    return [name for name, data in content(cache).items() if data in known]


def test_a_name_that_is_none_brings_and_removes_nothing(published: str) -> None:
    folder = snapshot_at_hand(published, "people", None, S3)
    pack_at_hand(published, "open", S3)
    before = content(folder)
    for name in ("../..", "", "a/b", ".", "no-such"):
        assert snapshot_at_hand(published, name, None, S3) == folder
        assert pack_at_hand(published, name, S3) == folder
        gallery_at_hand(published, name, S3)
        assert content(folder).items() >= before.items(), name


def test_a_folder_is_at_hand_as_it_is(tmp_path: Path) -> None:
    assert home_at(str(tmp_path)) == tmp_path
    assert home_at("s3://bucket/home") == "s3://bucket/home"
    for folder in (
        pack_at_hand(tmp_path, "open", S3),
        snapshot_at_hand(tmp_path, "people", None, S3),
        gallery_at_hand(tmp_path, "people", S3),
        manifests_at_hand(tmp_path, S3),
        folder_here(tmp_path),
    ):
        assert folder == tmp_path
    with changed_gallery(tmp_path, "people", S3) as folder:
        assert folder == tmp_path
    with changed_pack(tmp_path, "open", S3) as folder:
        assert folder == tmp_path


def grow(home: str, snapshot_id: str, *segments: bytes) -> None:
    """A snapshot that has segments."""
    with changed_gallery(home, "people", S3, segments_of) as folder:
        share(folder / "galleries" / "people", snapshot_id, *segments)


def share(gallery: Path, snapshot_id: str, *segments: bytes) -> None:
    names = {f"{hashlib.sha256(data).hexdigest()}.faiss": data for data in segments}
    fill(gallery / "segments", names)
    fill(gallery / "snapshots" / snapshot_id, {"manifest.json": "\n".join(names).encode()})
    fill(gallery, {"CURRENT": f"{snapshot_id}\n".encode()})


def segments_of(snapshot: Path) -> list[Path]:
    names = (snapshot / "manifest.json").read_text().splitlines()
    return [snapshot.parents[1] / "segments" / name for name in names if name.endswith("faiss")]


def test_what_snapshots_share_is_sent_and_brought_once(
    published: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    grow(published, "ccc", b"old templates")
    sent: list[str] = []
    send, fetch = S3Store.send, S3Store.fetch

    def sending(self: S3Store, path: str, file: Path) -> None:
        sent.append(file.read_bytes().decode())
        send(self, path, file)

    monkeypatch.setattr(S3Store, "send", sending)
    grow(published, "ddd", b"old templates", b"new templates")
    assert "old templates" not in sent
    assert "new templates" in sent
    another_node(monkeypatch, tmp_path / "other")
    folder = snapshot_at_hand(published, "people", "ccc", S3) / "galleries" / "people"
    assert [path.read_bytes() for path in folder.glob("segments/*")] == [b"old templates"]
    brought: list[str] = []

    def fetching(self: S3Store, path: str, file: BinaryIO) -> None:
        brought.append(path)
        fetch(self, path, file)

    monkeypatch.setattr(S3Store, "fetch", fetching)
    snapshot_at_hand(published, "people", None, S3)
    assert len(brought) == 2, "the new segment, and the manifest"
    assert {path.read_bytes() for path in folder.glob("segments/*")} == {
        b"old templates",
        b"new templates",
    }


def test_what_a_gallery_is_rid_of_leaves_the_bucket_and_every_cache(
    published: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    grow(published, "ccc", b"old templates", b"of somebody")
    first = another_node(monkeypatch, tmp_path / "first")
    gallery_at_hand(published, "people", S3)
    another_node(monkeypatch, tmp_path / "second")
    with rid_gallery(published, "people", S3, segments_of) as folder:
        gallery = folder / "galleries" / "people"
        assert {path.name for path in gallery.glob("snapshots/*")} == {"aaa", "bbb", "ccc"}
        shutil.rmtree(gallery / "snapshots" / "aaa")
        (gallery / "snapshots" / "ccc" / "manifest.json").unlink()
        share(gallery, "ccc", b"old templates", b"without them")
        fill(gallery, {"forgotten/aaa.json": b"{}"})
    contents = set(content(tmp_path / "second").values())
    assert b"of somebody" not in contents
    assert {b"without them", b"{}", FIRST["templates.parquet"]} <= contents
    store = S3Store(published, S3)
    stored = {store.read(path) for path in store.list("galleries/people")}
    assert b"of somebody" not in stored
    assert FIRST["manifest.json"] not in stored
    another_node(monkeypatch, first)
    assert b"of somebody" in set(content(first).values()), "until the home is opened"
    folder = snapshot_at_hand(published, "people", None, S3) / "galleries" / "people"
    assert b"of somebody" not in set(content(first).values())
    assert not (folder / "snapshots" / "aaa").exists()
    assert {path.read_bytes() for path in segments_of(folder / "snapshots" / "ccc")} == {
        b"old templates",
        b"without them",
    }
