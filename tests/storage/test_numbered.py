"""What several change in a bucket: nobody's change is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lfr_batch.errors import StoreError, UsageError
from lfr_batch.storage import numbered
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.numbered import NumberedFile


@pytest.fixture
def kept(tmp_path: Path) -> NumberedFile:
    return NumberedFile(LocalStore(tmp_path), "live/users", ".yaml")


def test_the_last_one_counts(kept: NumberedFile) -> None:
    assert (kept.stamp(), kept.read()) == (None, None)
    for number in range(11):
        before = kept.stamp()
        kept.change(lambda data: (data or b"") + b"x")
        assert kept.read() == b"x" * (number + 1)
        assert kept.stamp() != before


def test_of_those_who_change_it_at_once_nobody_is_lost(
    kept: NumberedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def added(number: int) -> None:
        kept.change(lambda data: (data or b"") + b"%d " % number)

    monkeypatch.setattr(numbered, "TRIES", 100)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(added, range(24)))
    assert sorted(map(int, (kept.read() or b"").split())) == list(range(24))


def test_who_refuses_changes_nothing(kept: NumberedFile) -> None:
    def refusing(_: bytes | None) -> bytes:
        raise UsageError("there already")

    with pytest.raises(UsageError):
        kept.change(refusing)
    assert kept.stamp() is None


def test_who_is_always_late_is_told(kept: NumberedFile) -> None:
    def overtaken(_: bytes | None) -> bytes:
        kept.change(lambda data: (data or b"") + b"x")
        return b"late"

    with pytest.raises(StoreError, match=r"live/users is changed by too many at once"):
        kept.change(overtaken)
    assert kept.read() == b"xxxxx"
