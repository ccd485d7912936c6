"""Times as people write them, and as they read them. Pure."""

from __future__ import annotations

import re
from types import MappingProxyType

from lfr_batch.errors import UsageError

_UNITS = MappingProxyType({"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400})
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")


def seconds_of(text: str, option: str) -> float:
    """'90', '90s', '5m', '1.5h', '1d'. Raises UsageError, naming the option."""
    found = _TIME.fullmatch(text.strip().lower())
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if seconds <= 0:
        raise UsageError(f"{option} {text} is no time: write it like 30s, 5m or 1h.")
    return seconds


def clock(duration_s: float) -> str:
    """'4:05', '1:02:03'."""
    minutes, secs = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def footage_time(media_s: float) -> str:
    """'42 s', '17 min', '3.4 hours': how much footage there is."""
    if media_s < 120:
        return f"{media_s:.0f} s"
    return f"{media_s / 60:.0f} min" if media_s < 7200 else f"{media_s / 3600:.1f} hours"


def size(count: int) -> str:
    """Of a disk: '3.1 GB'."""
    for unit, least in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return f"{count} bytes"
