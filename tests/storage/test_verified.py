from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.errors import GalleryDamaged
from lfr_batch.storage.verified import nothing_kept, verify_once
from tests.refused import refused


class Verdicts:
    """Counts how often it is asked; raises what it is given."""

    def __init__(self) -> None:
        self.asked = 0
        self.damage: Exception | None = None

    def __call__(self) -> None:
        self.asked += 1
        if self.damage:
            raise self.damage


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_bytes(b"content of " + path.name.encode())
    return paths


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "verified" / "custody.json"


def same_length(path: Path) -> None:
    path.write_bytes(b"CONTENT of a")


def same_length_and_mtime(path: Path) -> None:
    before = path.stat()
    same_length(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def test_what_passed_is_not_asked_again(files: list[Path], record: Path) -> None:
    verdicts = Verdicts()
    for _ in range(3):
        verify_once(files, record, verdicts, settled_s=0)
    assert verdicts.asked == 1
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


@pytest.mark.parametrize("change", [same_length, same_length_and_mtime, replaced])
def test_a_change_is_asked_about(files: list[Path], record: Path, change: Any) -> None:
    verdicts = Verdicts()
    verify_once(files, record, verdicts, settled_s=0)
    change(files[0])
    verify_once(files, record, verdicts, settled_s=0)
    assert verdicts.asked == 2


def test_what_failed_is_not_remembered(files: list[Path], record: Path) -> None:
    verdicts = Verdicts()
    verdicts.damage = GalleryDamaged("a is damaged")
    for _ in range(2):
        with pytest.raises(GalleryDamaged):
            verify_once(files, record, verdicts, settled_s=0)
    assert verdicts.asked == 2


def test_what_was_written_just_now_is_not_trusted_yet(files: list[Path], record: Path) -> None:
    verdicts = Verdicts()
    for _ in range(2):
        verify_once(files, record, verdicts, settled_s=60)
    assert verdicts.asked == 2


def test_a_missing_file_is_the_verdicts_to_tell(files: list[Path], record: Path) -> None:
    verdicts = Verdicts()
    verify_once(files, record, verdicts, settled_s=0)
    files[1].unlink()
    verify_once(files, record, verdicts, settled_s=0)
    assert verdicts.asked == 2


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '{"a": 1}'])
def test_a_damaged_record_is_no_record(files: list[Path], record: Path, text: str) -> None:
    record.parent.mkdir(parents=True)
    record.write_text(text)
    verdicts = Verdicts()
    for _ in range(2):
        verify_once(files, record, verdicts, settled_s=0)
    assert verdicts.asked == 1


def test_a_home_that_is_only_read(files: list[Path], record: Path) -> None:
    record.parent.mkdir(parents=True)
    verdicts = Verdicts()
    with refused(record.parent):
        for _ in range(2):
            verify_once(files, record, verdicts, settled_s=0)
    assert verdicts.asked == 2


def test_where_nothing_is_kept_nothing_is_written(files: list[Path], record: Path) -> None:
    verdicts = Verdicts()
    with nothing_kept():
        verify_once(files, record, verdicts, settled_s=0)
        verify_once(files, record, verdicts, settled_s=0)
    assert (verdicts.asked, record.parent.exists()) == (2, False)
