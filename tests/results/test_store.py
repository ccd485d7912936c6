from __future__ import annotations

import os
import pickle
import resource
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lfr_batch.errors import StoreFull, StoreUnreachable
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import is_locked, lock_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.refused import refused

from .roots import on_both


@pytest.mark.parametrize("root", ["disk", "bucket", "rclone_bucket"], indirect=True)
def test_what_is_written_is_read_listed_and_deleted(store: Store) -> None:
    store.write_atomic("a/one", b"1")
    store.write_atomic("a/deep/two", b"2")
    store.write_atomic("ab/three", b"3")
    store.write_atomic("a/one", b"new")
    assert store.read("a/one") == b"new"
    assert store.list("a") == ("a/deep/two", "a/one")
    assert store.exists("a/one")
    assert store.exists("a")
    store.delete("a/one")
    store.write_atomic("a/one", b"1")
    store.delete("a")
    store.delete("a")
    assert store.list("a") == ()
    assert not store.exists("a/one")
    assert store.read("ab/three") == b"3"


@on_both
def test_a_missing_file_is_said_to_be_missing(store: Store) -> None:
    with pytest.raises(FileNotFoundError):
        store.read("nothing")
    assert store.list("nothing") == ()
    assert not store.exists("nothing")


@on_both
def test_a_store_travels_to_a_worker(store: Store) -> None:
    copy = pickle.loads(pickle.dumps(store))
    copy.write_atomic("x", b"1")
    assert store.read("x") == b"1"


@pytest.mark.parametrize("uri", ["gs://bucket/x", "https://example.org/x"])
def test_another_kind_of_address_is_refused(uri: str) -> None:
    with pytest.raises(StoreUnreachable, match="s3://bucket/prefix"):
        open_store(uri)


def test_a_bucket_that_is_not_there_is_named(bucket: str) -> None:
    absent = open_store("s3://no-such-bucket/lake")
    for act in (lambda: absent.list("runs"), lambda: absent.write_atomic("x", b"")):
        with pytest.raises(StoreUnreachable, match=r"s3://no-such-bucket/lake \(NoSuchBucket\)"):
            act()


def test_a_root_that_is_a_file_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnreachable, match="choose another results root"):
        open_store(tmp_path / "file").write_atomic("runs/x", b"1")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_is_cut_off_leaves_the_old_content(tmp_path: Path) -> None:
    store, path = open_store(tmp_path), "_state/run_id=R7/plan.parquet"
    store.write_atomic(path, b"old")
    with files_of_at_most(1000), pytest.raises(StoreFull, match="`lfr resume R7`"):
        store.write_atomic(path, bytes(5000))
    assert store.read(path) == b"old"
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["plan.parquet"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_says_how_to_go_on(tiny_disk: Path) -> None:
    store = open_store(tiny_disk)
    store.write_atomic("small", b"1")
    with pytest.raises(StoreFull, match="is full; free space and run `lfr resume R9`"):
        store.write_atomic("_state/run_id=R9/shards/s.parquet", bytes(200_000))
    live = "_state/run_id=20260131-100000-live-3f2a/deployment.json"  # which nothing resumes
    for path in ("lake.json", live):
        with pytest.raises(StoreFull, match="is full; free space and try again"):
            store.write_atomic(path, bytes(200_000))
    store.write_atomic("other", b"2")
    assert store.list("") == ("other", "small")


@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.exists("runs/run_id=R"),
        lambda store: store.list("runs"),
        lambda store: store.read("runs/x"),
        lambda store: store.write_atomic("runs/x", b"1"),
        lambda store: store.delete("runs/x"),
        lambda store: is_locked(StoredRun(store, "R")),
        lambda store: open_lake(store.uri),
    ],
)
def test_a_folder_that_may_not_be_searched(tmp_path: Path, act: Callable[[Store], object]) -> None:
    store = open_store(tmp_path / "lake")
    store.write_atomic("runs/run_id=R/x", b"1")
    sentence = "cannot use .*Permission denied; mend it or choose another results root"
    with refused(tmp_path / "lake"), pytest.raises(StoreUnreachable, match=sentence):
        act(store)


@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.exists("x"),
        lambda store: store.list("x"),
        lambda store: store.read("x"),
        lambda store: store.write_atomic("x", b"1"),
        lambda store: store.delete("x"),
        lambda store: is_locked(StoredRun(store, "R")),
        lambda store: open_lake(store.uri),
    ],
)
def test_a_name_that_is_too_long(tmp_path: Path, act: Callable[[Store], object]) -> None:
    with pytest.raises(StoreUnreachable, match="File name too long"):
        act(open_store(tmp_path / ("n" * 300)))


def test_what_is_written_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    store, before = open_store(tmp_path / "new" / "lake"), os.umask(0)
    try:
        store.write_atomic("runs/deep/a/x", b"1")
        with lock_run(StoredRun(store, "R")):
            pass
    finally:
        os.umask(before)
    made = {p: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*")}
    assert len(made) > 8
    assert {mode for path, mode in made.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in made.items() if path.is_file()} == {0o600}
