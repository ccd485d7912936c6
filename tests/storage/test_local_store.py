from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from lfr_batch.errors import StoreFull, StoreUnreachable
from lfr_batch.storage.disk_errors import WayOut
from lfr_batch.storage.local_store import LocalStore
from tests.live.full_disk import filled, small_disk
from tests.refused import refused
from tests.storage.test_files import killed


def ask_about(path: str) -> WayOut:
    return WayOut(f"ask about {path}", f"ask who closed {path}")


def test_a_full_disk_is_said_with_the_way_out_that_was_given(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        plain, told = LocalStore(disk), LocalStore(disk, way_out=ask_about)
        told.write_atomic("a/old", b"old")
        with filled(disk):
            with pytest.raises(StoreFull) as caught:
                plain.write_atomic("a/old", bytes(1 << 13))
            assert str(caught.value) == f"the disk holding {disk} is full; free space and try again"
            with pytest.raises(StoreFull, match=r"is full; ask about a/old$"):
                told.write_atomic("a/old", bytes(1 << 13))
        assert told.read("a/old") == b"old"
        assert told.list("") == ("a/old",)


def test_a_folder_that_may_not_be_used(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, way_out=ask_about)
    store.write_atomic("a/file", b"1")
    with (
        refused(tmp_path / "a"),
        pytest.raises(StoreUnreachable, match=r"a/file: Permission denied; ask who closed a/file$"),
    ):
        store.read("a/file")


def test_it_travels_with_its_way_out(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, way_out=ask_about)
    assert pickle.loads(pickle.dumps(store)) == store
    assert store != LocalStore(tmp_path)


def test_what_a_killed_process_left_is_not_listed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.write_atomic("file", b"old")
    killed("file", tmp_path / "file")
    assert len(list(tmp_path.iterdir())) == 2
    assert store.list("") == ("file",)
    assert store.read("file") == b"old"
