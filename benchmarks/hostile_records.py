"""What is said of a hostile file, and how its time ended, as records. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

How = Literal["answered", "raised", "hung", "crashed", "memory"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the product says of a file."""

    statuses: tuple[str, ...]
    """Of its assets."""
    sentences: tuple[str, ...] = ()
    """Everything that was found wrong, at probing and at decoding."""
    segments: int = 0
    """Planned."""
    decoded_damaged: int = 0
    """Segments that ended with a sentence."""
    looks: int = 0
    """Pictures whose pixels were taken."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a file's time ended."""

    how: How
    wall_s: float
    peak_mib: float
    """More than the process had when it began with the file."""
    answer: Answer | None = None
    detail: str = ""
    """What was raised, which signal ended it, how much of a core it had."""
