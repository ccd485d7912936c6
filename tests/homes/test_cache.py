from __future__ import annotations

import hashlib
import os
import stat
import time
from pathlib import Path

import pytest

from lfr_batch.errors import StoreFull, UsageError
from lfr_batch.homes import cache as the_cache
from lfr_batch.homes.bundle import Bundle, FileInBundle
from lfr_batch.homes.cache import (
    UNUSED_S,
    adopt,
    cache_folder,
    damaged,
    file_of,
    files_there,
    folder_of,
    held,
    link,
    sweep,
    workshop,
)
from lfr_batch.storage.files import write_bytes
from lfr_batch.storage.folders import make_own_folder


def entry(data: bytes) -> FileInBundle:
    return FileInBundle(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))


def bundle(**files: bytes) -> Bundle:
    return Bundle(files={name: entry(data) for name, data in files.items()})


def keep(cache: Path, *contents: bytes) -> None:
    make_own_folder(cache / "files")
    for data in contents:
        write_bytes(file_of(cache, entry(data).sha256), data)


def names(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("said", "xdg", "expected"),
    [("/x", "/y", "/x"), (None, "/y", "/y/lfr-batch"), (None, None, "{home}/.cache/lfr-batch")],
)
def test_where_the_cache_is(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    said: str | None,
    xdg: str | None,
    expected: str,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in (("LFR_CACHE", said), ("XDG_CACHE_HOME", xdg)):
        monkeypatch.delenv(name, raising=False)
        if value:
            monkeypatch.setenv(name, value)
    assert str(cache_folder()) == expected.format(home=tmp_path)


def test_a_cache_that_is_thrown_away_with_a_job_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFR_CACHE", "/tmp/ray/s/runtime_resources/working_dir_files/p/cache")
    with pytest.raises(UsageError, match=r"^LFR_CACHE is .* working directory of a Ray job"):
        cache_folder()


def test_a_folder_has_the_files_of_a_bundle_and_no_others(tmp_path: Path) -> None:
    keep(tmp_path, b"one", b"two", b"three")
    folder = folder_of(tmp_path, "s3://b/home") / "galleries" / "g"
    link(tmp_path, bundle(a=b"one", b=b"two"), folder)
    link(tmp_path, bundle(a=b"three", c=b"two"), folder)
    assert names(folder) == {"a": b"three", "c": b"two"}
    assert (folder / "c").samefile(file_of(tmp_path, entry(b"two").sha256))


def test_all_of_it_is_its_owners_alone(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with held(cache):
        keep(cache, b"template")
        link(cache, bundle(a=b"template"), folder_of(cache, "s3://b/home") / "deep" / "folder")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [cache, *cache.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_what_was_made_in_a_folder_is_found_by_its_content(tmp_path: Path) -> None:
    cache, made = tmp_path / "cache", tmp_path / "made"
    made.mkdir()
    (made / "a").write_bytes(b"new")
    adopt(cache, bundle(a=b"new"), made)
    assert files_there(cache, bundle(a=b"new")) == {entry(b"new").sha256: True}


def test_a_damaged_content_is_removed_and_named(tmp_path: Path) -> None:
    keep(tmp_path, b"good", b"rotten")
    both = bundle(a=b"good", b=b"rotten")
    link(tmp_path, both, tmp_path / "folder")
    assert damaged(tmp_path, both) == []
    with (tmp_path / "folder" / "b").open("r+b") as file:
        file.write(b"R")
    assert damaged(tmp_path, both) == [entry(b"rotten").sha256]
    assert files_there(tmp_path, both) == {
        entry(b"good").sha256: True,
        entry(b"rotten").sha256: False,
    }


def test_what_was_found_sound_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path, b"good")
    link(tmp_path, bundle(a=b"good"), tmp_path / "folder")
    assert damaged(tmp_path, bundle(a=b"good")) == []
    monkeypatch.setattr(the_cache, "sha256_of", lambda _: "read again")
    assert damaged(tmp_path, bundle(a=b"good")) == []


def test_contents_that_no_folder_names_are_swept(tmp_path: Path) -> None:
    keep(tmp_path, b"named", b"forgotten")
    link(tmp_path, bundle(a=b"named"), folder_of(tmp_path, "s3://b/home") / "g")
    (tmp_path / "files" / ".tmp-half").write_bytes(b"half")
    sweep(tmp_path)
    assert set(names(tmp_path / "files")) == {entry(b"named").sha256}


@pytest.mark.parametrize(("age_s", "stays"), [(UNUSED_S - 60, True), (UNUSED_S + 60, False)])
def test_a_home_that_nobody_opens_leaves_the_cache(
    tmp_path: Path, age_s: float, stays: bool
) -> None:
    keep(tmp_path, b"face")
    folder = folder_of(tmp_path, "s3://b/home")
    link(tmp_path, bundle(a=b"face"), folder / "g")
    now = time.time()
    os.utime(folder, (now - age_s, now - age_s))
    sweep(tmp_path, now)
    assert folder.exists() is stays
    assert bool(names(tmp_path / "files")) is stays


def test_a_workshop_is_gone_afterwards_and_one_in_use_is_not_swept(tmp_path: Path) -> None:
    with workshop(tmp_path) as folder:
        (folder / "face").write_bytes(b"face")
        sweep(tmp_path, time.time() + 3600)
        assert (folder / "face").exists()
    assert not folder.exists()
    killed = tmp_path / "making" / "of-a-killed-process"
    killed.mkdir()
    (killed / "face").write_bytes(b"face")
    sweep(tmp_path, time.time() + 3600)
    assert not killed.exists()


def test_a_full_disk_is_said_with_the_way_out(tmp_path: Path) -> None:
    said = r"is full; free space, or let LFR_CACHE name"
    with pytest.raises(StoreFull, match=said), held(tmp_path / "cache"):
        raise OSError(28, "No space left on device")
