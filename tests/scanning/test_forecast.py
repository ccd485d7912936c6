"""What footage is expected to take, by what it took."""

from __future__ import annotations

import pytest

from lfr_batch.records import FootageAsset
from lfr_batch.results.rate import Rate
from lfr_batch.scanning.forecast import SEGMENT_BYTES, SIGHTING_BYTES, forecast, lengths

RATE = Rate(runs=3, measured_s=7200.0, on_what="x", media_s=8.0, sightings=0.01, segments=1 / 60)


@pytest.mark.parametrize(
    ("rate", "workers", "worker_s", "wall_s"),
    [(RATE, 2, 450.0, 225.0), (RATE, 0, 450.0, None), (None, 2, None, None)],
)
def test_time_follows_from_the_measured_rate(
    rate: Rate | None, workers: int, worker_s: float | None, wall_s: float | None
) -> None:
    found = forecast(3600.0, rate, workers)
    assert (found.worker_s, found.wall_s) == (worker_s, wall_s)
    expected = 36 * SIGHTING_BYTES + 60 * SEGMENT_BYTES if rate else None
    assert found.bytes == expected


def video(uri: str, duration_s: float | None, stream: int = 0) -> FootageAsset:
    return FootageAsset(f"{uri}-{stream}", uri, "video", "ok", duration_s=duration_s, stream=stream)


def test_what_was_not_looked_into_counts_by_its_size() -> None:
    broken = FootageAsset("f-b", "b", "video", "failed", error="no video")
    still = FootageAsset("f-c", "c", "still", "ok")
    sizes = {"a": 600, "b": 100, "c": 100, "d": 800, "e": 800, "p.jpg": 70}
    films = {"a", "b", "c", "d", "e"}
    found = lengths(sizes, films, [video("a", 40.0), video("a", 40.0, stream=1), broken, still])
    assert found.media_s == 80.0 + 80.0 / 800 * 1600
    assert (found.films, found.looked_into, found.is_estimated) == (5, 3, True)
    assert (found.bytes, found.stills, found.unreadable) == (2470, 2, 1)


def test_nothing_takes_nothing() -> None:
    found = lengths({}, set(), [])
    assert (found.media_s, found.is_estimated) == (0.0, False)
    assert forecast(0.0, RATE, 1).wall_s == 0.0
