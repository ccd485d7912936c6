"""What is sealed opens with its key alone, and a full disk is a full disk."""

from __future__ import annotations

import errno
import hashlib
import io
import zipfile
from pathlib import Path

import pyrage
import pytest

from lfr_batch.evidence.sealed import seal
from tests.results.test_store import files_of_at_most

MEMBERS = [("a.txt", b"first"), ("b.bin", bytes(200_000))]


@pytest.fixture
def keys() -> tuple[pyrage.x25519.Identity, dict[str, str]]:
    identity = pyrage.x25519.Identity.generate()
    return identity, {"court": str(identity.to_public())}


def test_it_opens_with_its_key(
    tmp_path: Path, keys: tuple[pyrage.x25519.Identity, dict[str, str]]
) -> None:
    identity, to = keys
    listed = seal(tmp_path / "sealed.age", MEMBERS, to)
    opened = pyrage.decrypt((tmp_path / "sealed.age").read_bytes(), [identity])
    with zipfile.ZipFile(io.BytesIO(opened)) as archive:
        assert [(each, archive.read(each)) for each in archive.namelist()] == MEMBERS
    for name, data in MEMBERS:
        assert listed[name] == {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def test_a_disk_without_room_is_said_to_be_that(
    tmp_path: Path, keys: tuple[pyrage.x25519.Identity, dict[str, str]]
) -> None:
    with files_of_at_most(50_000), pytest.raises(OSError) as refused:  # noqa: PT011 - its number
        seal(tmp_path / "sealed.age", MEMBERS, keys[1])
    assert refused.value.errno == errno.EFBIG
