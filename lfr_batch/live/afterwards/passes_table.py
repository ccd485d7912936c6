"""Passes of volunteers as somebody has written them down: a CSV file, read strictly.

Columns ``volunteer``, ``camera`` and ``at``: an ISO time with its offset, or a time of day on the
deployment's day, in the offset in which its window is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path

from lfr_batch.config.sheets import Sheet, column_key, read_sheet
from lfr_batch.errors import UsageError
from lfr_batch.live.deployment.passing import fault_of
from lfr_batch.live.deployment.volunteers import Seeding
from lfr_batch.live.records import DeploymentRecord, VolunteerPass

COLUMNS = ("volunteer", "camera", "at")
_MOST_SAID = 5
_ID_LETTERS = 16


@dataclass(frozen=True, slots=True)
class StatedPass:
    line: int
    volunteer: str
    camera: str
    at: datetime


def read_passes(path: Path, record: DeploymentRecord, seeding: Seeding) -> tuple[StatedPass, ...]:
    """In the order of the file. Raises ConfigError where it is no such table, UsageError with the
    line of each row that cannot be."""
    sheet = read_sheet(path)
    places = _places(path, sheet)
    faults, found = list[str](), list[StatedPass]()
    for row in sheet.rows:
        cells = (*row.cells, *[""] * len(sheet.header))
        volunteer, camera, at = (cells[place] for place in places)
        moment = moment_of(at, record)
        if moment is None:
            faults.append(f"line {row.line}: {at!r} is no time with its offset, nor hh:mm:ss")
            continue
        stated = StatedPass(row.line, volunteer, camera, moment)
        fault = fault_of(volunteer, camera, moment, seeding, record) or _near(
            stated, found, seeding.cool_down_s
        )
        if fault:
            faults.append(f"line {row.line}: {fault}")
        found.append(stated)
    if faults:
        more = len(faults) - _MOST_SAID
        said = "; ".join(faults[:_MOST_SAID]) + (f"; and {more} more" if more > 0 else "")
        raise UsageError(
            f"Nothing of {path} was entered: {said}. Mend the file and enter it again."
        )
    return tuple(found)


def moment_of(text: str, record: DeploymentRecord) -> datetime | None:
    """UTC; None for what is no time. One without a day is on the first day of the deployment on
    which it falls into it, or else on the day of its start."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _on_the_day(text, record)
    with suppress(OverflowError):  # of the years 1 and 9999
        return moment.astimezone(UTC) if moment.tzinfo else None
    return None


def as_pass(stated: StatedPass, record: DeploymentRecord, by: str, now: datetime) -> VolunteerPass:
    """The same row is always the same pass."""
    row = (record.deployment_id, stated.volunteer, stated.camera, stated.at.isoformat())
    digest = hashlib.sha256("\n".join(row).encode()).hexdigest()
    return VolunteerPass(
        pass_id=f"csv-{digest[:_ID_LETTERS]}",
        deployment_id=record.deployment_id,
        subject_id=stated.volunteer,
        camera=stated.camera,
        at=stated.at,
        entered_by=by,
        entered_at=now,
        by="csv",
    )


def zone_of(record: DeploymentRecord) -> tzinfo | None:
    """In which the window's end is written; where that is UTC, this machine's (None)."""
    return record.ends_at.tzinfo if record.ends_at.utcoffset() else None


def _places(path: Path, sheet: Sheet) -> list[int]:
    keys = [column_key(name) for name in sheet.header]
    missing = [name for name in COLUMNS if name not in keys]
    unknown = [name for name in sheet.header if name and column_key(name) not in COLUMNS]
    if missing or unknown:
        what = f"lacks {', '.join(missing)}" if missing else f"has also {', '.join(unknown)}"
        raise UsageError(f"{path} {what}: its columns are {', '.join(COLUMNS)}, and nothing else.")
    return [keys.index(name) for name in COLUMNS]


def _near(stated: StatedPass, before: Iterable[StatedPass], apart_s: float) -> str | None:
    for each in before:
        gap_s = abs((each.at - stated.at).total_seconds())
        same = (each.volunteer, each.camera) == (stated.volunteer, stated.camera)
        if same and gap_s == 0:
            return f"the same pass as line {each.line}"
        if same and gap_s < apart_s:
            return (
                f"{gap_s:g} s from line {each.line}, and within {apart_s:g} s there is no second "
                "alert to be recognised by"
            )
    return None


def _on_the_day(text: str, record: DeploymentRecord) -> datetime | None:
    try:
        of_day = time.fromisoformat(text)
    except ValueError:
        return None
    if of_day.tzinfo is not None:
        return None
    days = list(_moments(of_day, record))
    within = (each for each in days if record.started_at <= each <= record.ends_at)
    return next(within, days[0])


def _moments(of_day: time, record: DeploymentRecord) -> Iterator[datetime]:
    """On each of the days of the deployment."""
    zone = zone_of(record)
    first = record.started_at.astimezone(zone).date()
    last = record.ends_at.astimezone(zone).date()
    for number in range((last - first).days + 1):
        local = datetime.combine(first + timedelta(days=number), of_day)
        yield (local.replace(tzinfo=zone) if zone else local.astimezone()).astimezone(UTC)
