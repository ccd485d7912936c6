from __future__ import annotations

import pickle
import stat
from pathlib import Path

import pytest

from lfr_batch.errors import SealBroken
from lfr_batch.live.alerts.sealed import KEY, Seal, destroy_key, load_seal, new_seal
from lfr_batch.storage.local_store import LocalStore

SECRET = b"a picture of somebody " * 100


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    return new_seal(LocalStore(tmp_path), "D1")


def test_what_is_sealed_is_unreadable_and_opens(seal: Seal) -> None:
    sealed = seal.close("alerts/a1", SECRET)
    assert b"picture" not in sealed
    assert sealed != seal.close("alerts/a1", SECRET)
    assert seal.open("alerts/a1", sealed) == SECRET


@pytest.mark.parametrize("at", [0, 12, 13, 24, 25, 100, -17, -16, -1])
def test_one_altered_bit_is_noticed(seal: Seal, at: int) -> None:
    sealed = bytearray(seal.close("alerts/a1", SECRET))
    sealed[at] ^= 1
    with pytest.raises(SealBroken, match="alerts/a1 of deployment D1 was altered"):
        seal.open("alerts/a1", bytes(sealed))


@pytest.mark.parametrize("keep", [0, 5, 13, 20, 25, 40, -1])
def test_a_file_that_was_cut_off_is_noticed(seal: Seal, keep: int) -> None:
    with pytest.raises(SealBroken):
        seal.open("alerts/a1", seal.close("alerts/a1", SECRET)[:keep])


def test_no_file_can_stand_in_for_another(seal: Seal) -> None:
    sealed = seal.close("alerts/a1", SECRET)
    with pytest.raises(SealBroken):
        seal.open("alerts/a2", sealed)
    with pytest.raises(SealBroken):
        Seal("D2", seal.key).open("alerts/a1", sealed)


def test_the_key_is_its_owners_alone_and_never_shown(seal: Seal, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600
    assert load_seal(LocalStore(tmp_path), "D1") == seal
    assert repr(seal.key) not in repr(seal)
    assert pickle.loads(pickle.dumps(seal)) == seal


def test_a_destroyed_key_is_gone_from_the_disk_too(seal: Seal, tmp_path: Path) -> None:
    with (tmp_path / KEY).open("rb") as held:
        destroy_key(tmp_path)
        assert held.read() == bytes(32)
    destroy_key(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        load_seal(LocalStore(tmp_path), "D1")


def test_a_key_that_was_overwritten_and_not_yet_removed_is_no_key(
    seal: Seal, tmp_path: Path
) -> None:
    (tmp_path / KEY).write_bytes(bytes(32))
    with pytest.raises(SealBroken, match="was destroyed"):
        load_seal(LocalStore(tmp_path), "D1")
