from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lfr_batch.results.report_page import clock, day, file_name, moment, percent, to_the_minute

AT = datetime(2026, 1, 30, 23, 30, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def test_the_wall_clock_is_local_and_utc_stands_beside_it() -> None:
    assert moment(AT) == "Fri 30 Jan 2026, 23:30:12 UTC"
    assert moment(AT, PARIS) == "Sat 31 Jan 2026, 00:30:12 CET (23:30:12 UTC)"
    assert to_the_minute(AT, PARIS) == "Sat 31 Jan 2026, 00:30 CET"
    assert day(AT, PARIS) == "Saturday 31 January 2026"
    assert (moment(None), day(None)) == ("not known", "Time of day not known")


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("/archive/gate/0001.mp4", "0001.mp4"),
        ("s3://bucket/a/b.jpg", "b.jpg"),
        ("b.jpg", "b.jpg"),
        ("/", "/"),
    ],
)
def test_a_file_is_called_as_people_call_it(uri: str, name: str) -> None:
    assert file_name(uri) == name


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.0004, "less than 1 %"), (0.01, "1 %"), (0.5, "50 %"), (1.0, "100 %")],
)
def test_percent(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(0.0, "0:00:00.0"), (59.96, "0:01:00.0"), (3725.25, "1:02:05.2"), (None, "unknown")],
)
def test_clock(time_s: float | None, text: str) -> None:
    assert clock(time_s) == text
