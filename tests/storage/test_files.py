from __future__ import annotations

import hashlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lfr_batch.storage.files import (
    TEMPORARY,
    replacing,
    sha256_of,
    sweep_halves,
    sync,
    write_bytes,
    write_text,
    write_whole,
)
from tests.live.full_disk import filled, small_disk
from tests.synced import synced


def killed(how: str, path: Path) -> None:
    """See ``tests.storage.killed``."""
    call = [sys.executable, "-m", "tests.storage.killed", how, str(path)]
    assert subprocess.run(call, check=False).returncode == -signal.SIGKILL


def test_a_file_is_replaced_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "CURRENT"
    path.write_text("old")
    path.chmod(0o644)
    write_text(path, "nèw\n")
    assert path.read_bytes() == "nèw\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_it_is_on_the_disk_before_it_has_its_name_and_its_name_after(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with synced() as order:
        write_bytes(path, b"1")
    content, folder = order
    assert content.name.startswith(f"{TEMPORARY}file.")
    assert folder == tmp_path


def half() -> Iterator[bytes]:
    yield b"half"
    raise RuntimeError


def test_what_fails_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RuntimeError), write_whole(path) as file:
        file.writelines(half())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_on_a_full_disk_the_old_content_stays(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        path = disk / "file"
        path.write_text("old")
        with filled(disk):
            with pytest.raises(OSError, match="No space left"):
                write_bytes(path, bytes(1 << 13))
            assert sorted(each.name for each in disk.iterdir()) == ["ballast", "file"]
        assert path.read_text() == "old"


def test_two_that_write_at_once_do_not_write_into_one_file(tmp_path: Path) -> None:
    path, meet = tmp_path / "file", threading.Barrier(2)

    def write(content: bytes) -> None:
        with write_whole(path) as file:
            meet.wait()
            file.write(content)
            meet.wait()

    contents = bytes(1000), b"1" * 2000
    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_swept_and_nobody_elses(tmp_path: Path) -> None:
    path, other = tmp_path / "feed[1].jsonl", tmp_path / "feed[1].jsonl.1"
    path.write_text("old")
    killed("file", path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    with write_whole(other) as file:
        sweep_halves(path)
        file.write(b"1")
    assert sorted(tmp_path.iterdir()) == [path, other]


def test_a_file_that_somebody_else_makes_under_the_name(tmp_path: Path) -> None:
    path = tmp_path / "film"
    with replacing(path) as building:
        assert not building.exists()
        building.write_bytes(b"1")
        assert not path.exists()
    assert path.read_bytes() == b"1"


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))


def link_to_device(path: Path) -> None:
    path.symlink_to(os.devnull)


def link_to_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


@pytest.mark.parametrize("make", [pipe, listening, link_to_device, link_to_pipe])
def test_no_file_takes_the_place_of_what_is_none(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "out"
    make(path)
    before = {each: each.lstat().st_ino for each in tmp_path.iterdir()}
    with pytest.raises(FileExistsError, match="no file but a device, a pipe, a socket"):
        write_bytes(path, b"1")
    assert {each: each.lstat().st_ino for each in tmp_path.iterdir()} == before


def test_nor_of_a_name_for_what_a_process_has_open(tmp_path: Path) -> None:
    path, shell = tmp_path / "stdout", tmp_path / "redirected"
    with shell.open("wb") as file:
        path.symlink_to(f"/proc/self/fd/{file.fileno()}")
        with pytest.raises(FileExistsError):
            write_bytes(path, b"1")
    assert path.is_symlink()
    assert shell.read_bytes() == b""


def test_a_link_to_a_file_is_replaced_and_the_file_is_not(tmp_path: Path) -> None:
    path, other = tmp_path / "link", tmp_path / "file"
    other.write_text("old")
    path.symlink_to(other)
    write_text(path, "new")
    assert (path.is_symlink(), path.read_text(), other.read_text()) == (False, "new", "old")


def test_where_a_folder_has_nothing_to_sync_that_passes() -> None:
    sync(Path("/proc/self"))  # whose file system answers EINVAL


def test_what_is_not_there_cannot_be_synced(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "gone")


def test_sha256(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(content)
    assert sha256_of(tmp_path / "file") == hashlib.sha256(content).hexdigest()
