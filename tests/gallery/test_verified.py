"""A snapshot is verified once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lfr_batch.errors import GalleryDamaged
from lfr_batch.gallery.store import load_snapshot, verify_snapshot
from lfr_batch.storage.verified import verify_once
from tests.storage.test_verified import same_length_and_mtime


def test_a_snapshot_is_read_once_and_its_damage_seen_all_the_same(
    tmp_path: Path, make_people: Any, publish: Any
) -> None:
    path = publish(make_people({f"S{n}": 3 for n in range(1000)})).path
    paths = sorted(path.iterdir())
    record = tmp_path / "cache" / "verified" / f"custody-{path.name}.json"
    verify_once([path / "manifest.json", *paths], record, lambda: None, settled_s=0)
    before = _bytes_read()
    load_snapshot(tmp_path, "custody")
    assert _bytes_read() - before < (path / "index.faiss").stat().st_size
    same_length_and_mtime(path / "refusals.parquet")
    for look in (load_snapshot, verify_snapshot):
        with pytest.raises(GalleryDamaged, match="refusals"):
            look(tmp_path, "custody")


def _bytes_read() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar"))
