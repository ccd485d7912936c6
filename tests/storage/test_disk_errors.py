from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from lfr_batch.errors import StoreError, StoreFull, StoreUnreachable
from lfr_batch.storage.disk_errors import NOTHING_CHANGED, WayOut, disk_errors, refusal
from lfr_batch.storage.files import write_bytes
from tests.live.full_disk import filled, small_disk
from tests.refused import refused

PLACE = Path("/van/home")


UNUSABLE = "cannot use /van/home: "
FULL = "the disk holding /van/home is full; make room"


@pytest.mark.parametrize(
    ("number", "kind", "sentence"),
    [
        (errno.ENOSPC, StoreFull, FULL),
        (errno.EDQUOT, StoreFull, FULL),
        (errno.EFBIG, StoreFull, FULL),
        (errno.EROFS, StoreUnreachable, f"{UNUSABLE}Read-only file system; mend it"),
        (errno.EACCES, StoreUnreachable, f"{UNUSABLE}Permission denied; mend it"),
        (errno.EIO, StoreUnreachable, f"{UNUSABLE}Input/output error; mend it"),
        (errno.ESTALE, StoreUnreachable, f"{UNUSABLE}Stale file handle; mend it"),
        (errno.ENOENT, StoreUnreachable, f"{UNUSABLE}No such file or directory; mend it"),
    ],
)
def test_what_a_disk_says(number: int, kind: type[StoreError], sentence: str) -> None:
    error = OSError(number, os.strerror(number), "/van/home/secret")
    with pytest.raises(kind) as caught, disk_errors(PLACE, WayOut("make room", "mend it")):
        raise error
    assert str(caught.value) == sentence
    assert caught.value.__cause__ is error


def test_an_error_without_a_number_and_a_disk_with_a_name_of_its_own() -> None:
    assert str(refusal(OSError("odd"), PLACE)) == "cannot use /van/home: odd; mend it and try again"
    full = refusal(OSError(errno.ENOSPC, ""), PLACE / "file", disk=PLACE)
    assert str(full) == "the disk holding /van/home is full; free space and try again"


def test_a_real_disk_that_is_full(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "disk", "64k") as disk,
        filled(disk),
        pytest.raises(StoreFull, match="nothing was changed"),
        disk_errors(disk, NOTHING_CHANGED),
    ):
        write_bytes(disk / "file", bytes(1 << 13))


def test_a_real_folder_that_may_not_be_used(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    with (
        refused(folder),
        pytest.raises(StoreUnreachable, match="home: Permission denied; mend it"),
        disk_errors(folder),
    ):
        write_bytes(folder / "file", b"")


def test_what_is_no_error_of_a_disk_passes() -> None:
    with pytest.raises(KeyError), disk_errors(PLACE):
        raise KeyError
