from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from lfr_batch.storage.lines import append, held_lines, open_lines
from lfr_batch.storage.locks import exclusive, is_held
from tests.live.full_disk import filled, small_disk
from tests.synced import synced


def test_lines_are_added_and_synced(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    for number in range(2):
        with synced() as order, open_lines(path) as file:
            append(file, b"%d\n" % number)
        assert order == ([path] if number else [tmp_path, path])
    assert path.read_bytes() == b"0\n1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_on_a_full_disk_no_half_line_is_left(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        path = disk / "lines"
        with open_lines(path) as file:
            append(file, b"whole\n")
            with filled(disk), pytest.raises(OSError, match="No space left"):
                append(file, b"x" * (1 << 13))
            assert path.read_bytes() == b"whole\n"
            append(file, b"next\n")
        assert path.read_bytes() == b"whole\nnext\n"


def test_a_file_that_was_replaced_meanwhile_is_opened_anew(tmp_path: Path) -> None:
    path, fresh = tmp_path / "lines", tmp_path / "fresh"
    path.write_bytes(b"old\n")
    fresh.write_bytes(b"fresh\n")
    begun = threading.Event()

    def add() -> None:
        begun.set()
        with held_lines(path) as file:
            append(file, b"added\n")

    with exclusive(path):
        adding = threading.Thread(target=add)
        adding.start()
        begun.wait()
        fresh.replace(path)
    adding.join()
    assert path.read_bytes() == b"fresh\nadded\n"


def test_they_are_held(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    with held_lines(path):
        assert is_held(path)
    assert not is_held(path)
