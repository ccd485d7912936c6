"""Footage as it is now, beside what was recorded of it, and what its container says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import av
import av.error

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageError, FootageGone, StoreError, UsageError
from lfr_batch.footage.places import Source
from lfr_batch.footage.sources import source_of
from lfr_batch.results.answers import Row

CHUNK_BYTES = 1 << 20
State = Literal["same", "changed", "gone", "not known"]
"""'not known': its store told no checksum of all its bytes, neither then nor now."""


@dataclass(frozen=True, slots=True)
class FootageNow:
    """A file, however many recordings and streams of it were searched."""

    uri: str
    state: State
    why: str | None
    """A sentence where it is not the same."""
    recorded: Mapping[str, Any]
    now: Mapping[str, Any] | None
    """Size and sha256; None where it is gone."""
    container: Mapping[str, Any] | None

    def said(self) -> dict[str, Any]:
        return {
            "uri": self.uri,
            "state": self.state,
            "why": self.why,
            "recorded": self.recorded,
            "now": self.now,
            "container": self.container,
        }


def footage_now(rows: Iterable[Row], s3: S3Config) -> list[FootageNow]:
    """Each file once, read to its end. ``rows``: of the lake's footage."""
    files = {row["uri"]: row for row in rows}
    return [_looked_at(row, s3) for row in files.values()]


def require_same(files: Iterable[FootageNow], way_out: str) -> None:
    """Raises UsageError for the first that is not as it was searched."""
    for each in files:
        if each.why is not None:
            raise UsageError(f"{each.why}: {way_out}")


def _looked_at(row: Row, s3: S3Config) -> FootageNow:
    names = {"size": "bytes", "sha256": "content_id", "checksum": "sha256"}
    recorded = {name: row[column] for name, column in names.items()}
    uri = row["uri"]
    try:
        source = source_of(uri, s3)
        now = _bytes_of(source)
    except FootageGone:
        why = f"{uri} is gone since it was searched"
        return FootageNow(uri, "gone", why, recorded, None, None)
    except (FootageError, StoreError, OSError) as error:
        return FootageNow(uri, "gone", f"{uri} cannot be read ({error})", recorded, None, None)
    state = _state(recorded, now, source)
    differs = _changed(uri, recorded, now) if state == "changed" else None
    return FootageNow(uri, state, differs, recorded, now, container_facts(source))


def _bytes_of(source: Source) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with source.open_bytes() as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return {"size": size, "sha256": digest.hexdigest()}


def _state(recorded: Mapping[str, Any], now: Mapping[str, Any], source: Source) -> State:
    if recorded["size"] is not None and recorded["size"] != now["size"]:
        return "changed"
    if recorded["sha256"] is not None:
        return "same" if recorded["sha256"] == now["sha256"] else "changed"
    checksum = source.state().checksum
    if checksum is None or recorded["checksum"] is None:
        return "not known"
    return "same" if checksum == recorded["checksum"] else "changed"


def _changed(uri: str, recorded: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    how = (
        "its size is the same, its contents are not"
        if recorded["size"] == now["size"]
        else f"it had {recorded['size']} bytes and has {now['size']}"
    )
    return f"{uri} has changed since it was searched ({how})"


def container_facts(source: Source) -> dict[str, Any]:
    """What a container says of itself, as FFmpeg reads it; why not, where it cannot."""
    try:
        with (
            source.open_bytes() as file,
            av.open(file, "r", metadata_errors="replace") as container,
        ):
            return {
                "format": container.format.name,
                "format_in_words": container.format.long_name,
                "start_s": _seconds(container.start_time),
                "duration_s": _seconds(container.duration),
                "bit_rate": container.bit_rate or None,
                "creation_time": container.metadata.get("creation_time"),
                "tags": dict(container.metadata),
                "streams": [_stream(each) for each in container.streams],
            }
    except (FootageError, StoreError, OSError, ValueError, av.error.FFmpegError) as error:
        return {"error": f"{error}"}


def _stream(stream: Any) -> dict[str, Any]:
    """``stream``: of any kind, which says what it has."""
    context = stream.codec_context
    base = stream.time_base
    said = {
        "index": stream.index,
        "type": stream.type,
        "codec": getattr(context, "name", None),
        "profile": stream.profile,
        "time_base": None if base is None else f"{base.numerator}/{base.denominator}",
        "start_pts": stream.start_time,
        "duration_pts": stream.duration,
        "duration_s": None if None in {base, stream.duration} else float(stream.duration * base),
        "frames": stream.frames or None,
        "bit_rate": getattr(context, "bit_rate", None),
        "tags": dict(stream.metadata),
    }
    if stream.type == "video":
        said |= {
            "width": context.width,
            "height": context.height,
            "pixel_format": context.pix_fmt,
            "average_rate": _ratio(stream.average_rate),
            "base_rate": _ratio(stream.base_rate),
            "sample_aspect_ratio": _ratio(context.sample_aspect_ratio),
        }
    return said


def _ratio(value: Any) -> str | None:
    return None if value is None else str(value)


def _seconds(value: int | None) -> float | None:
    return None if value is None else value / av.time_base
