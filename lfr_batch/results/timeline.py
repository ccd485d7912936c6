"""Where on a file's time line things lie, in per cent of its width. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NARROWEST = 0.6
"""Per cent: what is shorter could not be seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    kind: str
    """'done', 'lost' or 'sighting'."""
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
    bars = [
        _bar(s, whole, "done" if s["status"] == "done" else "lost", s["error"] or "searched")
        for s in segments
    ]
    bars += [_bar(s, whole, "sighting", f"{s['subject_id']} {s['score']:.2f}") for s in sightings]
    return Timeline(whole, tuple(bars))


def _bar(span: Mapping[str, Any], whole_s: float, kind: str, title: str) -> Bar:
    width = max(100 * (span["end_s"] - span["start_s"]) / whole_s, _NARROWEST)
    x = min(100 * span["start_s"] / whole_s, 100 - width)
    return Bar(round(max(x, 0.0), 3), round(min(width, 100.0), 3), kind, title)
