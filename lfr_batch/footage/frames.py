"""What every decoder hands out: an upright picture with its media time. Pure."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from lfr_batch.planes import Planes
from lfr_batch.records import ByteArray


@runtime_checkable
class TwoFields(Protocol):
    """A frame that may be woven of two fields, of which it shows one."""

    def other_field(self) -> Frame | None:
        """The picture of the lines between, filmed a moment before or after; None: none."""


@runtime_checkable
class LiesInPlanes(Protocol):
    """A frame that may be taken as its decoder left it."""

    def planes(self) -> Planes | None:
        """None: it has to be converted first."""


class Frame(Protocol):
    """One picture. Nothing is converted before it is asked for; rotation is applied."""

    @property
    def pts_ns(self) -> int:
        """Media time; 0 is the first frame of the file."""

    @property
    def picture(self) -> int | None:
        """Number of the picture in a still, from 1; None in a video."""

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height of the upright full-size picture."""

    def luma(self, width: int, height: int) -> ByteArray:
        """Brightness, (height, width), averaged down to this size."""

    def rgb(self, width: int, height: int) -> ByteArray:
        """(height, width, 3), scaled to this size."""

    def bgr_part(self, left: int, top: int, right: int, bottom: int) -> ByteArray:
        """(bottom - top, right - left, 3) of the full-size picture; only to be read."""
