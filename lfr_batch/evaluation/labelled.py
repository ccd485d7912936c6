"""What the labels say of a picture, or of a stretch of a clip. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lfr_batch.gallery.records import Box

Role = Literal["enrol", "probe", "unknown"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture, or a stretch of a clip, in which the labels see somebody."""

    uri: str
    subject_id: str
    role: Role | None = None
    begin_s: float | None = None
    """From where on the subject is seen in a clip; None: not said."""
    end_s: float | None = None
    box_xyxy: Box | None = None
    date: str = ""
    """By which a subject's first picture is told; '' where the table has no such column."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """The other columns."""
    line: int = 0
    """Of the table; 0 where there is none."""
    is_picture: bool = True
    """By its first bytes."""
