"""When footage began, as its file name or its container tells it. Naive times are taken as UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

IN_NAME = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)[-_.]?(?P<month>\d\d)[-_.]?(?P<day>\d\d)"
    r"[T _.-]{0,3}"
    r"(?P<hour>\d\d)[-_.:h]?(?P<minute>\d\d)[-_.:m]?(?P<second>\d\d)(?!\d)"
)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Clocks that were never set stand at 1904 or 1970."""


def from_filename(name: str) -> datetime | None:
    """The first plausible date and time in a file name, e.g. ``20240131_235959``."""
    for match in IN_NAME.finditer(name):
        parts = {key: int(value) for key, value in match.groupdict().items()}
        try:
            return _plausible(datetime(**parts, tzinfo=UTC))
        except ValueError:
            continue
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
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return _plausible(as_utc(moment))


def as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _plausible(moment: datetime) -> datetime | None:
    return moment if moment >= EARLIEST else None
