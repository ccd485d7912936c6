from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lfr_batch.footage.start_time import from_filename, from_tags

MOMENT = datetime(2024, 1, 31, 23, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "20240131_235958.mp4",
        "2024-01-31T23-59-58Z.mkv",
        "2024-01-31 23.59.58.avi",
        "cam03_20240131235958_main.ts",
        "VID-20240131-235958-0001.mp4",
        "2024_01_31__23_59_58.mp4",
        "NVR_ch1_main_20240131235958_20240201000458.dav",
        "12345678_20240131_235958.mp4",
        "2024-01-31T23:59:58.000Z.mp4",
    ],
)
def test_times_in_names(name: str) -> None:
    assert from_filename(name) == MOMENT


@pytest.mark.parametrize(
    ("name", "utc"),
    [
        ("20240131_235958.mp4", "2024-01-31T23:59:58Z"),
        ("20240701_120000.mp4", "2024-07-01T11:00:00Z"),
        ("2024-07-01T12:00:00Z.mp4", "2024-07-01T12:00:00Z"),
        ("20240701T120000.250Z_cam1.mp4", "2024-07-01T12:00:00Z"),
        ("20240701T120000+0300.mp4", "2024-07-01T09:00:00Z"),
        ("20240701T120000+03:00.mp4", "2024-07-01T09:00:00Z"),
        ("20240701_120000_Zone4.mp4", "2024-07-01T11:00:00Z"),
        ("20240701_120000Zone4.mp4", "2024-07-01T11:00:00Z"),
        ("20241027_013000.mp4", "2024-10-27T00:30:00Z"),
        ("20240331_013000.mp4", "2024-03-31T01:30:00Z"),
    ],
)
def test_local_times_in_names(name: str, utc: str) -> None:
    moment = from_filename(name, ZoneInfo("Europe/London"))
    assert moment == datetime.fromisoformat(utc)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "name",
    ["clip.mp4", "20241331_235958.mp4", "20240131.mp4", "12345678901234567890.mp4", "1080p60.mp4"],
)
def test_names_without_a_time(name: str) -> None:
    assert from_filename(name) is None


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"creation_time": "2024-01-31T23:59:58.000000Z"}, MOMENT),
        ({"CREATION_TIME": "2024-01-31 23:59:58"}, MOMENT),
        ({"creation_time": "2024-02-01T01:59:58+02:00"}, MOMENT),
        ({"creation_time": "1904-01-01T00:00:00Z"}, None),
        ({"creation_time": "yesterday"}, None),
        ({"creation_time": "0001-01-01T00:00:00+02:00"}, None),
        ({"title": "2024-01-31"}, None),
    ],
)
def test_container_tags(tags: dict[str, str], expected: datetime | None) -> None:
    assert from_tags(tags) == expected
