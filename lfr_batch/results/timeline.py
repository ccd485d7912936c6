"""Where on a file's time line things lie, in per cent of its width. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NARROWEST = 0.6
"""Per cent: what is shorter could not be seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    kind: str
    """'done', 'partly' (what of it is not known), 'lost' or 'sighting'."""
    title: str


@dataclass(frozen=True, slots=True)
class Timeline:
    duration_s: float
    bars: tuple[Bar, ...]


def timeline(
    footage: Mapping[str, Any],
    segments: Sequence[Mapping[str, Any]],
    sightings: Sequence[Mapping[str, Any]],
) -> Timeline | None:
    """Bars of segments below those of sightings; None for a still or an unknown duration."""
    ends = [footage["duration_s"] or 0.0, *(s["end_s"] for s in (*segments, *sightings))]
    whole = max(ends)
    if footage["kind"] == "still" or whole <= 0:
        return None
    bars = [bar for segment in segments for bar in _segment_bars(segment, whole)]
    bars += [_bar(s, whole, "sighting", f"{s['subject_id']} {s['score']:.2f}") for s in sightings]
    return Timeline(whole, tuple(bars))


def _segment_bars(segment: Mapping[str, Any], whole_s: float) -> Iterator[Bar]:
    """A failed segment was searched up to where it broke off."""
    said = segment["error"] or segment["unsearched"]
    if segment["status"] == "done":
        yield _bar(segment, whole_s, "partly" if said else "done", said or "searched")
        return
    breaks_off_s = segment["start_s"]
    if segment["status"] == "failed" and segment["media_s"] > 0:
        breaks_off_s = min(breaks_off_s + segment["media_s"], segment["end_s"])
        yield _bar({**segment, "end_s": breaks_off_s}, whole_s, "done", "searched")
    yield _bar({**segment, "start_s": breaks_off_s}, whole_s, "lost", said or "never searched")


def _bar(span: Mapping[str, Any], whole_s: float, kind: str, title: str) -> Bar:
    width = max(100 * (span["end_s"] - span["start_s"]) / whole_s, _NARROWEST)
    x = min(100 * span["start_s"] / whole_s, 100 - width)
    return Bar(round(max(x, 0.0), 3), round(min(width, 100.0), 3), kind, title)
