"""When footage began, as its file name or its container tells it. Pure.

A recorder's clock shows local time, and so do the names it gives; containers' times are UTC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import unquote

from lfr_batch.footage.name_times import Written, written_times
from lfr_batch.footage.name_vendors import read_vendor

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Clocks that were never set stand at 1904 or 1970."""
ENDING = re.compile(r"\.(?:[A-Za-z][A-Za-z0-9]{0,7}|3g[p2]|3gpp2?|26[45])$")
"""Of a file's name; .58 is none."""
FROM_TO = re.compile(r"[ _.,~-]*(?:to|until)?[ _.,~-]*", re.IGNORECASE)
"""What stands between a start and an end."""
LOOK_ALIKES = str.maketrans("∶꞉‐‑‒–—−", "::------")
"""Characters that stand in names for colons, which some systems forbid, and hyphens."""


@dataclass(frozen=True, slots=True)
class ToldTime:
    """What a name tells of the start."""

    utc: datetime | None = None
    doubt: str | None = None
    """A sentence: why no time was taken from it, or what is to be known of the time."""


NOTHING = ToldTime()


def from_filename(path: str, zone: tzinfo = UTC) -> ToldTime:
    """The start that a path or uri tells, by its name and where a maker is known by its folders.

    It is in ``zone`` unless the name states another. Of a start and an end it is the start. What
    may be read in two ways is no time but a doubt.
    """
    text = _plain(path)
    named = read_vendor(text)
    if named and named.vendor.not_the_recording:
        return ToldTime(doubt=f"its name tells {named.vendor.not_the_recording}, not the recording")
    if named:
        told = _in_zone(named.moment, UTC if named.vendor.utc else zone, stated=named.vendor.utc)
        if told.utc and named.vendor.to_the_minute:
            return replace(told, doubt=told.doubt or "its name tells the start to the minute only")
        return told
    return _told(text.rpartition("/")[2], zone)


def not_in_the_future(told: ToldTime, now: datetime) -> ToldTime:
    """What a name tells, unless that is yet to come: names and zones may differ by a day."""
    if told.utc is None or told.utc <= now + timedelta(days=1):
        return told
    when = f"{told.utc:%Y-%m-%d %H:%M:%S} UTC"
    return ToldTime(doubt=f"no time was taken from its name, which tells {when}: that is to come")


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
    (``fold=0``); where they are put forward, one that did not exist is read as if they had not been
    (``clock_change`` tells). Raises OverflowError within a day of year 1 or 9999.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone, fold=0)
    return moment.astimezone(UTC)


def clock_change(moment: datetime, zone: tzinfo) -> str | None:
    """What makes a naive time in ``zone`` uncertain, as the end of a sentence; mostly None."""
    if moment.tzinfo is not None:
        return None
    first, second = (
        moment.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1)
    )
    if first < second:
        return "did not exist there, as clocks were put forward: read as if they had not been"
    if first > second:
        return "happened twice there, as clocks were put back: the first is taken"
    return None


def _plain(path: str) -> str:
    """The path without its ending, in characters that the tables know."""
    path = unquote(path, errors="replace") if path.startswith("file://") else path
    return ENDING.sub("", unicodedata.normalize("NFKC", path).translate(LOOK_ALIKES))


def _told(name: str, zone: tzinfo) -> ToldTime:
    found = written_times(name)
    if not found:
        return NOTHING
    doubt = next((w.doubt for w in found if w.doubt), None) or _order_doubt(found)
    if doubt:
        return _refused(name, found, doubt)
    moments = [_only(w, _orders(found)) for w in found]
    utcs = [as_utc(m, w.zone or found[0].zone or zone) for m, w in zip(moments, found, strict=True)]
    if len(set(utcs)) > 1:
        doubt = _two_times_doubt(name, found, utcs)
    if doubt:
        return _refused(name, found, doubt)
    return _in_zone(moments[0], found[0].zone or zone, stated=found[0].zone is not None)


def _refused(name: str, found: Sequence[Written], doubt: str) -> ToldTime:
    text = name[found[0].start : found[-1].end].strip()
    return ToldTime(doubt=f"no time was taken from its name, which tells {text}: {doubt}")


def _orders(found: Sequence[Written]) -> set[str]:
    """Orders that every date of the name allows whose order is open."""
    each = [set(w.readings) for w in found if "" not in w.readings]
    return set.intersection(*each) if each else set()


def _readings(one: Written, orders: set[str]) -> set[datetime]:
    wanted = orders & set(one.readings) or set(one.readings)
    return {one.readings[order] for order in wanted}


def _only(one: Written, orders: set[str]) -> datetime:
    return min(_readings(one, orders))


def _order_doubt(found: Sequence[Written]) -> str | None:
    for one in found:
        different = sorted(_readings(one, _orders(found)))
        if len(different) > 1:
            days = " or ".join(f"{moment.day} {moment:%B %Y}" for moment in different)
            return f"it may be {days}"
    return None


def _two_times_doubt(name: str, found: Sequence[Written], utcs: Sequence[datetime]) -> str | None:
    """None where the two are a start and an end."""
    if len(found) > 2 or not FROM_TO.fullmatch(name[found[0].end : found[1].start]):
        return "these are different times"
    if found[1].zone and not found[0].zone:
        return "only the second states a zone"
    return "it ends before it begins" if utcs[1] < utcs[0] else None


def _in_zone(moment: datetime | None, zone: tzinfo, *, stated: bool) -> ToldTime:
    utc = _plausible(as_utc(moment, zone)) if moment else None
    if moment is None or utc is None:
        return NOTHING
    change = None if stated else clock_change(moment, zone)
    return ToldTime(utc, change and f"its name tells {moment:%Y-%m-%d %H:%M:%S}, which {change}")


def _plausible(moment: datetime) -> datetime | None:
    return moment if moment >= EARLIEST else None
