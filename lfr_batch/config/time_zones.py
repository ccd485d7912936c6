"""Time zones by their IANA names."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from lfr_batch.errors import ConfigError

NOT_A_ZONE = (
    "should be an IANA time zone that this system knows, such as UTC or Europe/London "
    "(a system without them needs the package tzdata)"
)


def zone_of(name: str) -> tzinfo:
    """The zone ``name``; 'UTC' needs no time-zone database. Raises ConfigError."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(f"the time zone is {name!r}, but {NOT_A_ZONE}") from error
