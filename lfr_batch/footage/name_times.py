"""Dates and times as file names write them. Pure.

The grammar is two tables: a shape of a date, something between, a shape of a time. What follows
the time may say AM or PM and a zone (ISO 8601, RFC 3339). Names whose sense follows from who made
them are in ``name_vendors``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import partial
from itertools import islice

Groups = Mapping[str, str | None]

ANY_YEAR = r"(?P<year>(?:19|20)\d\d)"
MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMED_MONTH = rf"(?P<name>{'|'.join(MONTH_NAMES)})[a-z]*"
DATES = (
    # 2024-W05-3, 2024W053
    rf"{ANY_YEAR}(?P<s>-?)W(?P<week>\d\d)(?P=s)(?P<weekday>[1-7])",
    # 2024-01-31, 20240131, 2024_1_31
    rf"{ANY_YEAR}(?P<s>[-_. ])(?P<month>\d\d?)(?P=s)(?P<day>\d\d?)",
    rf"{ANY_YEAR}(?P<month>\d\d)(?P<day>\d\d)",
    # 2024_0131: VIOFO, SJCAM
    rf"{ANY_YEAR}_(?P<month>\d\d)(?P<day>\d\d)",
    # 2024-031, and before a T 2024031: the day of the year
    rf"{ANY_YEAR}-(?P<yday>\d\d\d)",
    rf"{ANY_YEAR}(?P<yday>\d\d\d)(?=T)",
    # 31-Jan-2024, Jan.31.2024, 2024-Jan-31
    rf"(?P<day>\d\d?)(?P<s>[-_. ]?){NAMED_MONTH}[-_., ]{{0,2}}{ANY_YEAR}",
    rf"(?<![A-Za-z]){NAMED_MONTH}[-_. ]?(?P<day>\d\d?)[-_., ]{{1,2}}{ANY_YEAR}",
    rf"{ANY_YEAR}(?P<s>[-_. ]?){NAMED_MONTH}(?P=s)(?P<day>\d\d?)",
    # 31-01-2024, 1-31-2024, 31012024: day or month first
    rf"(?P<a>\d\d?)(?P<s>[-_. ])(?P<b>\d\d?)(?P=s){ANY_YEAR}",
    rf"(?P<a>\d\d)(?P<b>\d\d){ANY_YEAR}",
    # 24-01-31, 240131: in any order
    r"(?<!\d\.)(?P<a>\d\d)(?P<s>[-_. ]?)(?P<b>\d\d)(?P=s)(?P<c>\d\d)",
)
AT = r"[ _.,-]*(?:T|at|um|om|kl|à|às|alle|a las)[ _.,-]*"
"""Between date and time, as systems in several languages name what they record of a screen."""
BETWEEN = rf"(?P<between>{AT}|[ _.,()\[\]-]{{1,3}})(?:(?P<before>[ap])m[ _.-]?)?"
HOUR, MINUTE, SECOND = r"(?P<hour>\d\d?)", r"(?P<minute>\d\d)", r"(?P<second>\d\d)(?!\d)"
RUN_ON = r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:\d\d\d)?(?!\d)"
TIMES = (
    # 23:59:58, 11-59-58
    rf"{BETWEEN}{HOUR}(?P<colon>[-_.: ]){MINUTE}(?P=colon){SECOND}",
    # 23h59m58s
    rf"{BETWEEN}{HOUR}h{MINUTE}m{SECOND}s?",
    # 235958, 235958123
    rf"{BETWEEN}{RUN_ON}",
)
AFTER = (
    r"(?:[.,]\d{1,9})?"
    r"(?:[ _.-]?(?P<after>[ap])[. ]?m\.?(?![A-Za-z]))?"
    r"(?:(?P<zone>Z"
    r"|[ _.-]?\(?(?:UTC|GMT)(?:[ _]?[+-]\d\d?(?:[:_.]?\d\d)?)?"
    r"|[ _]?\+\d\d(?:[:_.-]?\d\d)?"
    r"|[ _]?-\d\d(?:(?P<apart>[:_.-]?)\d\d(?!(?P=apart)\d\d(?!\d)))?"
    r"|[ _-](?P<abbreviation>[ECMP][SD]T|[CEW]ES?T|BST|IST|MSK|JST|KST|A[EC][SD]T|AWST|NZ[SD]T)"
    r")(?![A-Za-z0-9]))?"
)
RUN_ON_AFTER = (rf"{ANY_YEAR}(?P<month>\d\d)(?P<day>\d\d)", rf"(?P<a>\d\d)(?P<b>\d\d){ANY_YEAR}")
"""Dates that a time may follow without anything between."""
SHAPES = tuple(
    re.compile(rf"(?<!\d){day}{clock}{AFTER}", re.IGNORECASE | re.ASCII)
    for day in DATES
    for clock in (*TIMES, *((RUN_ON,) if day in RUN_ON_AFTER else ()))
)
"""In order of preference, where two of them read the same characters."""

AM_OR_PM = re.compile(r"\d[ _.-]?[ap][. ]?m(?![A-Za-z])", re.IGNORECASE)
WEST = frozenset({*((hours, 0) for hours in range(1, 13)), (2, 30), (3, 30), (9, 30)})
"""Hours and minutes behind UTC that are in use."""
OFFSET = re.compile(r"([+-])(\d\d?)(?:[:_.-]?(\d\d))?$")
SHORT_YEARS = range(1990, 2040)
"""What two digits of a year may mean."""


@dataclass(frozen=True, slots=True)
class Written:
    """One date and time in a name."""

    start: int
    end: int
    """Where it stands in the name."""
    readings: Mapping[str, datetime]
    """What it may mean, without a zone, by the order of its parts: 'dmy', 'mdy', 'ymd'; '' where
    there is no choice."""
    zone: tzinfo | None
    """None where it states none."""
    doubt: str | None
    """Why it cannot be relied on: the end of a sentence."""


def written_times(name: str) -> list[Written]:
    """Every date with a time in ``name``, from left to right; what cannot be one is left out, but
    for what is plainly meant as one and does not exist, in a name that tells no other: a doubt."""
    found: list[Written] = []
    for shape in SHAPES:
        for match in shape.finditer(name):
            one = _written(match, name)
            if one and all(one.end <= w.start or w.end <= one.start for w in found):
                found.append(one)
    return sorted(found, key=lambda w: w.start) or list(islice(_impossible(name), 1))


def _impossible(name: str) -> Iterator[Written]:
    """What is written as a date and a time, with separators or within the numbers that they have,
    and is none: 30 February, 24:00:00 outside ISO 8601."""
    for shape in SHAPES:
        for match in shape.finditer(name):
            doubt = _no_such(match.groupdict(), name)
            if doubt:
                yield Written(match.start(), match.end(), {}, None, doubt)


def _no_such(groups: Groups, name: str) -> str | None:
    if not groups.get("month"):
        return None
    apart = groups.get("s") and groups.get("colon")
    in_range = 1 <= int(groups["month"] or 0) <= 12 and 1 <= int(groups["day"] or 0) <= 31
    clock, _ = _clock(groups, name)
    if not any(_days(groups)):
        return "there is no such date" if apart or (in_range and clock) else None
    midnight = [int(groups[part] or 0) for part in ("hour", "minute", "second")] == [24, 0, 0]
    return "there is no such time of day" if clock is None and (apart or midnight) else None


def _written(match: re.Match[str], name: str) -> Written | None:
    groups = match.groupdict()
    clock, doubt = _clock(groups, name)
    days = dict(_days(groups))
    if clock is None or not days:
        return None
    zone, zone_doubt = _zone(groups)
    doubt = doubt or zone_doubt or _number_doubt(groups)
    later = timedelta(days=int(groups["hour"] == "24"))  # ISO 8601: the end of the day
    readings = {order: datetime.combine(day, clock) + later for order, day in days.items()}
    return Written(match.start(), match.end(), readings, zone, doubt)


def _number_doubt(groups: Groups) -> str | None:
    """What may be numbers of another kind altogether."""
    apart = groups.get("colon")
    if groups.get("c") and not (groups["s"] and apart):
        return "a date whose year has two digits may be any number"
    if groups.get("yday") and not (apart or _has_t(groups)):
        return "its day of the year may be any number"
    return None


def _has_t(groups: Groups) -> bool:
    return (groups.get("between") or "").strip(" _.,-").upper() == "T"


def _is_iso(groups: Groups) -> bool:
    """2024-01-31T24:00:00 or 20240131T240000."""
    return _has_t(groups) and (groups.get("s") or "", groups.get("colon")) in {
        ("-", ":"),
        ("", None),
    }


def _days(groups: Groups) -> Iterator[tuple[str, date]]:
    """The dates that the parts allow, by their order."""
    for order, read in _ORDERS.items():
        try:
            day = read(groups)
        except (ValueError, StopIteration):
            continue
        if day is not None:
            yield order, day


def _certain(groups: Groups) -> date | None:
    """Where the shape leaves no choice."""
    if groups.get("a"):
        return None
    year = int(groups["year"] or 0)
    if groups.get("week"):
        return date.fromisocalendar(year, int(groups["week"] or 0), int(groups["weekday"] or 0))
    if groups.get("yday"):
        day = date(year, 1, 1) + timedelta(days=int(groups["yday"] or 0) - 1)
        return day if day.year == year else None
    name = groups.get("name")
    month = MONTH_NAMES.index(name[:3].lower()) + 1 if name else int(groups["month"] or 0)
    return date(year, month, int(groups["day"] or 0))


def _numeric(order: str, groups: Groups) -> date | None:
    if not groups.get("a") or (order == "ymd" and groups.get("year")):
        return None
    parts = [groups["a"], groups["b"], groups.get("c") or groups.get("year")]
    by_name = {part: int(text or 0) for part, text in zip(order, parts, strict=True)}
    year = by_name["y"]
    if year < 100:
        year = next(full for full in (2000 + year, 1900 + year) if full in SHORT_YEARS)
    return date(year, by_name["m"], by_name["d"])


_ORDERS: Mapping[str, Callable[[Groups], date | None]] = {
    "": _certain,
    **{order: partial(_numeric, order) for order in ("dmy", "mdy", "ymd")},
}


def _clock(groups: Groups, name: str) -> tuple[time | None, str | None]:
    hour, minute, second = (int(groups[part] or 0) for part in ("hour", "minute", "second"))
    if (hour, minute, second) == (24, 0, 0) and _is_iso(groups):
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        return None, None
    half = (groups.get("before") or groups["after"] or "").lower()
    doubt = None
    if half and (hour == 0 or (hour > 12 and half == "a")):
        doubt = None if half == "a" and hour == 0 else "its hour and AM or PM contradict each other"
    elif half:
        hour = hour if hour > 12 else hour % 12 + 12 * (half == "p")
    elif len(groups["hour"] or "") == 1:
        doubt = "an hour of one digit without AM or PM may be of a 12-hour clock"
    elif hour <= 12 and AM_OR_PM.search(name):
        doubt = "another time in it says AM or PM, and this one does not"
    return time(hour, minute, second), doubt


def _zone(groups: Groups) -> tuple[tzinfo | None, str | None]:
    """The zone that is stated, or what may be one: a number after a hyphen is more often a camera's
    or a part's."""
    text = (groups.get("zone") or "").strip(" _.").upper()
    if not text:
        return None, None
    if groups.get("abbreviation"):
        return None, f"{text.strip('-')} names no certain offset from UTC"
    offset = OFFSET.search(text)
    if text in {"Z", "UTC", "GMT", "-UTC", "-GMT"} or not offset:
        return UTC, None
    zone = _offset(*offset.groups())
    if zone is None or text[0] != "-":
        return zone, None
    return _after_hyphen(zone, groups, offset)


def _offset(sign: str, hours: str, minutes: str | None) -> tzinfo | None:
    span = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if span > timedelta(hours=14) or int(minutes or 0) % 15:
        return None
    return timezone(-span if sign == "-" else span)


def _after_hyphen(
    zone: tzinfo, groups: Groups, offset: re.Match[str]
) -> tuple[tzinfo | None, str | None]:
    iso, colons, minutes = _has_t(groups), groups.get("colon") == ":", offset[3]
    if ":" in offset[0] or colons or (iso and minutes):
        return zone, None
    if iso or (minutes and (int(offset[2]), int(minutes)) in WEST):
        return None, f"{offset[0]} may be an offset from UTC or a number"
    return None, None
