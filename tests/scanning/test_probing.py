from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.config.schema import Config
from lfr_batch.records import FootageEntry
from lfr_batch.scanning.probing import Numbered, ProbeSpec


@pytest.mark.parametrize(
    ("size", "allowed_s"),
    # A still, and a day of footage, whose hash takes minutes.
    [(0, 120), (4_000_000, 121), (100_000_000_000, 120 + 5 * 5000)],
)
def test_a_file_has_the_time_that_reading_it_takes(
    tmp_path: Path, size: int, allowed_s: float
) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(size)
    spec = ProbeSpec(Config())
    media_s = spec.media_s([Numbered(0, FootageEntry(str(path)))])
    assert spec.limits.allowed_s(media_s) == allowed_s


@pytest.mark.parametrize("uri", ["/nowhere/at/all", "s3://bucket/key", "ftp://host/file", "/a\0b"])
def test_what_this_machine_cannot_look_at_has_the_time_of_a_small_file(uri: str) -> None:
    assert ProbeSpec(Config()).media_s([Numbered(0, FootageEntry(uri))]) == 0
