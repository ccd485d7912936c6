"""A report as a page: its template, what its values are in words, and the file it becomes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import jinja2

from lfr_batch.storage.disk_errors import WayOut, disk_errors
from lfr_batch.storage.files import require_replaceable, write_whole
from lfr_batch.visible import visible

_TIME_SOURCES = {
    "manifest": "by the manifest",
    "filename": "by the file's name",
    "container": "by the container, which is often the time of an export",
    "none": "no source of the time",
}
_MAGIC = ((b"\x89PNG", "image/png"), (b"RIFF", "image/webp"), (b"BM", "image/bmp"))


def data_uri(picture: bytes) -> str:
    """A picture as a URL that needs no other file; JPEG unless it says otherwise."""
    mime = next((m for magic, m in _MAGIC if picture.startswith(magic)), "image/jpeg")
    return f"data:{mime};base64,{base64.b64encode(picture).decode()}"


def clock(time_s: float | None) -> str:
    """Media time as h:mm:ss.d."""
    if time_s is None:
        return "unknown"
    tenths = round(time_s * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest // 10:02d}.{rest % 10}"


def percent(share: float) -> str:
    """Of what was not looked at: nothing only where it is nothing."""
    return "less than 1 %" if 0 < share < 0.01 else f"{share * 100:.0f} %"


def moment(time: datetime | None, zone: tzinfo = UTC) -> str:
    """As the clocks of ``zone`` show it and, where that is another, in UTC."""
    if time is None:
        return "not known"
    local = time.astimezone(zone)
    text = local.strftime("%a %d %b %Y, %H:%M:%S %Z")
    return text if not local.utcoffset() else f"{text} ({time.astimezone(UTC):%H:%M:%S} UTC)"


def to_the_minute(time: datetime | None, zone: tzinfo = UTC) -> str:
    return time.astimezone(zone).strftime("%a %d %b %Y, %H:%M %Z") if time else "not known"


def day(time: datetime | None, zone: tzinfo = UTC) -> str:
    if time is None:
        return "Time of day not known"
    return time.astimezone(zone).strftime("%A %d %B %Y")


def time_source(source: str | None) -> str:
    """Where a wall-clock time comes from, in words."""
    return _TIME_SOURCES.get(source or "none", f"by {source}")


def file_name(uri: str) -> str:
    """What people call a file: the last part of its path or address."""
    return uri.rstrip("/").rpartition("/")[2] or uri


def page_filters() -> dict[str, Callable[..., Any]]:
    return {
        "data_uri": data_uri,
        "clock": clock,
        "moment": moment,
        "to_the_minute": to_the_minute,
        "day": day,
        "percent": percent,
        "time_source": time_source,
        "file_name": file_name,
    }


def report_template(package: str, filters: Mapping[str, Callable[..., Any]]) -> jinja2.Template:
    """The report in a package's templates: everything escaped, nothing undefined, and whatever
    does not show (direction marks, control characters) made visible."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment.get_template("report.html.j2")


def _shown(value: Any) -> Any:
    """Of what a template is given; what a macro has made is markup already."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def save_report(out_path: Path, pieces: Iterable[str]) -> None:
    """All of a report or nothing of it, readable by its owner alone.

    Raises StoreFull, StoreUnreachable.
    """
    with _said_of(out_path), write_whole(out_path) as file:
        file.writelines(piece.encode() for piece in pieces)


def require_place(out_path: Path) -> None:
    """For whoever would do much before ``save_report``, or put it on record. Raises
    StoreUnreachable for a device, a pipe or a socket."""
    with _said_of(out_path):
        require_replaceable(out_path)


@contextmanager
def _said_of(out_path: Path) -> Iterator[None]:
    elsewhere = "name another file with --out"
    with disk_errors(out_path, WayOut(f"free space or {elsewhere}", elsewhere)):
        yield
