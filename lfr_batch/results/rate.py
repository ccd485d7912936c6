"""How fast footage was searched, and how much came of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """Of runs with the same settings on the same kind of engine."""

    runs: int
    measured_s: float
    """Seconds of footage that they searched."""
    on_what: str
    """As ``runs.computed_on``."""
    media_s: float
    """Seconds of footage that one worker searches in a second."""
    sightings: float
    segments: float
    """For a second of footage."""
