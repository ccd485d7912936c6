from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from lfr_batch.errors import ConfigError, UsageError
from lfr_batch.live.afterwards.passes_table import as_pass, moment_of, read_passes
from lfr_batch.live.records import DeploymentRecord
from tests.live.made import STARTED, a_record
from tests.live.seeded import SEEDING, after

HEAD = "volunteer,camera,at\n"
SUMMER = timezone(timedelta(hours=1))


def by_night() -> DeploymentRecord:
    """From 22:00 to 04:00, in an offset of one hour."""
    starts_at = datetime(2026, 6, 1, 22, tzinfo=SUMMER)
    return replace(a_record(starts_at), ends_at=starts_at + timedelta(hours=6))


def written(folder: Path, text: str) -> Path:
    path = folder / "passes.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-01T22:30:00+01:00", datetime(2026, 6, 1, 21, 30, tzinfo=UTC)),
        ("2026-06-01T21:30:00Z", datetime(2026, 6, 1, 21, 30, tzinfo=UTC)),
        ("2026-06-01 21:30:00.250+00:00", datetime(2026, 6, 1, 21, 30, 0, 250_000, UTC)),
        ("22:30:00", datetime(2026, 6, 1, 21, 30, tzinfo=UTC)),
        ("00:30:05", datetime(2026, 6, 1, 23, 30, 5, tzinfo=UTC)),
        ("04:00:00", datetime(2026, 6, 2, 3, tzinfo=UTC)),
        ("12:00:00", datetime(2026, 6, 1, 11, tzinfo=UTC)),
        ("2026-06-01T22:30:00", None),
        ("22:30:00+01:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("noon", None),
        ("", None),
    ],
)
def test_times_are_stated_with_their_offset_or_by_the_deployments_clock(
    text: str, moment: datetime | None
) -> None:
    assert moment_of(text, by_night()) == moment


def test_rows_are_read_in_their_order_whatever_the_columns_order(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "At;Camera;Volunteer\n"
        f"{after(60).isoformat()};south;S001\n\n"
        f"{after(0).isoformat()};north;S000\n",
    )
    found = read_passes(path, a_record(), SEEDING)
    assert [(each.line, each.volunteer, each.camera, each.at) for each in found] == [
        (2, "S001", "south", after(60)),
        (4, "S000", "north", after(0)),
    ]


def test_every_row_that_cannot_be_is_named_with_its_line(tmp_path: Path) -> None:
    rows = [
        ("S000", "north", after(0)),
        ("S777", "north", after(0)),
        ("S000", "west", after(0)),
        ("S000", "north", after(-1)),
        ("S000", "north", after(0)),
        ("S000", "north", after(4)),
        ("S000", "north", after(10)),
    ]
    lines = [f"{who},{camera},{at.isoformat()}" for who, camera, at in rows]
    path = written(tmp_path, HEAD + "\n".join([*lines, "S000,north,noon"]))
    with pytest.raises(UsageError) as told:
        read_passes(path, a_record(), SEEDING)
    said = str(told.value)
    assert said.startswith(f"Nothing of {path} was entered: line 3: 'S777' is no volunteer")
    for words in (
        "line 4: there is no camera 'west'",
        "line 5: 2026-01-31T09:59:59+00:00 is not within the deployment",
        "line 6: the same pass as line 2",
        "line 7: 4 s from line 2, and within 10 s there is no second alert",
        "and 2 more. Mend the file and enter it again.",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("volunteer,camera\n", "lacks at"),
        ("volunteer,camera,at,note\n", "has also note"),
        ("", "lacks volunteer, camera, at"),
    ],
)
def test_its_columns_are_these_and_no_others(head: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        read_passes(written(tmp_path, head), a_record(), SEEDING)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_passes(tmp_path / "none.csv", a_record(), SEEDING)


def test_the_same_row_is_always_the_same_pass(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD}S000,north,10:00:30\nS000,north,10:01:00\n")
    record = replace(a_record(), ends_at=a_record().ends_at.astimezone(SUMMER))
    record = replace(record, started_at=STARTED - timedelta(hours=2))
    first, second = read_passes(path, record, SEEDING)
    made = as_pass(first, record, "j.doe", STARTED)
    assert made.pass_id == as_pass(first, record, "another", after(9)).pass_id
    assert made.pass_id != as_pass(second, record, "j.doe", STARTED).pass_id
    assert (made.by, made.entered_by, made.at) == ("csv", "j.doe", after(30 - 3600))
