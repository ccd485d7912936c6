"""When footage began, as its file name or its container tells it.

A recorder's clock shows local time, and so do the names it gives; containers' times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

IN_NAME = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)[-_.]?(?P<month>\d\d)[-_.]?(?P<day>\d\d)"
    r"[T _.-]{0,3}"
    r"(?P<hour>\d\d)[-_.:h]?(?P<minute>\d\d)[-_.:m]?(?P<second>\d\d)(?!\d)"
    r"(?:(?:\.\d{1,9})?(?P<zone>Z|\+\d\d:?\d\d)(?![A-Za-z0-9]))?"
)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Clocks that were never set stand at 1904 or 1970."""


def from_filename(name: str, zone: tzinfo = UTC) -> datetime | None:
    """The first plausible date and time in a file name, e.g. ``20240131_235959``, in UTC.

    It is in ``zone`` unless the name goes on with ``Z`` or ``+hhmm``.
    """
    for match in IN_NAME.finditer(name):
        *parts, stated = match.groups()
        try:
            moment = datetime(*map(int, parts))  # type: ignore[arg-type]
            own = datetime.strptime(stated, "%z").tzinfo if stated else None
        except ValueError:
            continue
        return _plausible(as_utc(moment, own or zone))
    return None


def from_tags(tags: Mapping[str, str]) -> datetime | None:
    """The ``creation_time`` of container or stream metadata (any case of the key)."""
    for key, value in tags.items():
        if key.lower() == "creation_time":
            return parse_utc(value)
    return None


def parse_utc(text: str) -> datetime | None:
    """ISO 8601 as a time in UTC, None where it is none or before 1990."""
    try:
        return _plausible(as_utc(datetime.fromisoformat(text.strip())))
    except (ValueError, OverflowError):
        return None


def as_utc(moment: datetime, zone: tzinfo = UTC) -> datetime:
    """``moment`` in UTC; a naive one is in ``zone``.

    Where clocks are put back an hour happens twice, and a naive time in it means the first
    (``fold=0``). Raises OverflowError within a day of year 1 or 9999.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone, fold=0)
    return moment.astimezone(UTC)


def _plausible(moment: datetime) -> datetime | None:
    return moment if moment >= EARLIEST else None
