"""What a file is known by without being read: the same as long as nothing about it changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.footage.places import ObjectState
from lfr_batch.footage.sources import list_footage, source_of
from lfr_batch.footage.state_id import state_id
from lfr_batch.records import FootageEntry
from lfr_batch.storage import s3_client
from tests.probing import probe

ENTRY = FootageEntry("a.mp4")
ON_DISK = ObjectState(500, 7, 9, (1, 2))
IN_BUCKET = ObjectState(500, etag='"e"')


@pytest.mark.parametrize(
    ("state", "changed_ns", "is_known"),
    [
        (ON_DISK, 9, True),
        (ON_DISK, None, False),
        (replace(ON_DISK, modified_ns=None), 9, False),
        (IN_BUCKET, None, True),
        (ObjectState(500, checksum="modified:2026"), None, True),
        (ObjectState(500), None, False),
    ],
)
def test_what_does_not_tell_is_no_name(
    state: ObjectState, changed_ns: int | None, is_known: bool
) -> None:
    assert (state_id(ENTRY, state, changed_ns) is not None) == is_known


def test_each_difference_makes_another_name() -> None:
    names = [
        state_id(ENTRY, ON_DISK, 9),
        state_id(ENTRY, ON_DISK, 10),
        state_id(ENTRY, replace(ON_DISK, modified_ns=8), 9),
        state_id(ENTRY, replace(ON_DISK, bytes=501), 9),
        state_id(replace(ENTRY, uri="b.mp4"), ON_DISK, 9),
        state_id(replace(ENTRY, rotate_deg=90), ON_DISK, 9),
        state_id(replace(ENTRY, aspect=1.5), ON_DISK, 9),
        state_id(ENTRY, IN_BUCKET, None),
        state_id(ENTRY, replace(IN_BUCKET, etag='"f"'), None),
    ]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "alike",
    [
        replace(ENTRY, camera_id="7", site="yard"),
        replace(ENTRY),
    ],
)
def test_what_decides_nothing_that_is_seen_does_not_count(alike: FootageEntry) -> None:
    moved = replace(ON_DISK, inode=(3, 4))  # of another machine's view of the same share
    assert state_id(alike, moved, 9) == state_id(ENTRY, ON_DISK, 9)
    assert state_id(ENTRY, replace(IN_BUCKET, etag="e"), None) == state_id(ENTRY, IN_BUCKET, None)


def touched(path: Path) -> None:
    path.touch()


def turned_back(path: Path) -> None:
    """Other bytes of the same number, and the time of modification that it had."""
    before = path.stat()
    data = path.read_bytes()
    path.write_bytes(data[:-4] + b"else")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [touched, turned_back])
def test_a_file_that_was_probed_is_known_until_it_is_touched(
    rendered: dict[str, Path], tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(rendered["plain.mp4"].read_bytes())
    entry = FootageEntry(str(path))
    assert probe(entry, FootageConfig(), S3Config()).state_id is None  # it was written just now
    while time.time() - path.stat().st_ctime <= 2.1:
        time.sleep(0.05)
    probed = probe(entry, FootageConfig(), S3Config())
    assert probed.state_id is not None

    def now() -> str | None:
        state = source_of(entry.uri, S3Config()).state()
        return state_id(entry, state, state.changed_ns)

    assert now() == probed.state_id
    change(path)
    assert now() != probed.state_id


def test_an_object_is_known_by_what_a_listing_says(
    store: S3Config, bucket: str, rendered: dict[str, Path]
) -> None:
    uri = f"s3://{bucket}/cam1/a.mp4"
    probed = probe(FootageEntry(uri), FootageConfig(), store)

    def listed() -> str | None:
        found = list_footage([f"s3://{bucket}/cam1/"], store)
        return state_id(FootageEntry(uri), found.states[uri], None)

    assert probed.state_id == listed()
    client = s3_client.client(store)
    client.put_object(Bucket=bucket, Key="cam1/a.mp4", Body=rendered["plain.mp4"].read_bytes())
    assert probed.state_id == listed()
    client.put_object(Bucket=bucket, Key="cam1/a.mp4", Body=rendered["clip.ts"].read_bytes())
    assert probed.state_id != listed()


def test_a_fault_of_the_moment_has_no_name(tmp_path: Path) -> None:
    gone = probe(FootageEntry(str(tmp_path / "gone.mp4")), FootageConfig(), S3Config())
    assert (gone.status, gone.state_id) == ("failed", None)
