"""Decoded frames as their decoder left them, for whoever scales them where they lie. Pure.

Records, and the table of what is known of FFmpeg's formats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from lfr_batch.records import ByteArray

SizeWh = tuple[int, int]
Matrix = Literal["bt601", "bt709", "bt2020", "fcc", "smpte240m"]
"""What makes red, green and blue of brightness and two differences of colour."""


@dataclass(frozen=True, slots=True)
class Storage:
    """How a format keeps its samples."""

    across: int
    """Columns of pixels to one of colour."""
    down: int
    interleaved: bool = False
    """Both differences of colour in one plane, in turn."""
    sample_bytes: int = 1
    unit: int = 1
    """What 1 of 8 bits is."""

    @property
    def scaled_first(self) -> bool:
        """Whether the processor scales the planes by themselves, to 8 bits, and makes colours of
        the result (``pyav_frame.SCALED_AS_STORED``)."""
        return self.sample_bytes == 1 and self.across == 2


STORAGE: Mapping[str, Storage] = {
    "nv12": Storage(2, 2, interleaved=True),
    "p010le": Storage(2, 2, interleaved=True, sample_bytes=2, unit=256),
    "p016le": Storage(2, 2, interleaved=True, sample_bytes=2, unit=256),
    "yuv420p": Storage(2, 2),
    "yuvj420p": Storage(2, 2),
    "yuv422p": Storage(2, 1),
    "yuvj422p": Storage(2, 1),
    "yuv444p": Storage(1, 1),
    "yuvj444p": Storage(1, 1),
    "yuv420p10le": Storage(2, 2, sample_bytes=2, unit=4),
    "yuv422p10le": Storage(2, 1, sample_bytes=2, unit=4),
    "yuv444p10le": Storage(1, 1, sample_bytes=2, unit=4),
    "yuv420p12le": Storage(2, 2, sample_bytes=2, unit=16),
}
"""By FFmpeg's name. Frames of any other format are made pixels of by the processor."""
MOST_PIXELS = 4096 * 2304
"""So are larger ones, of which two products with matrices are no longer quick."""


@dataclass(frozen=True, slots=True)
class Layout:
    """All that decides how pixels are made of planes, whatever they show."""

    format: str
    """A key of ``STORAGE``."""
    size_wh: SizeWh
    pitches_bytes: tuple[int, ...]
    """Of each plane, from line to line."""
    matrix: Matrix
    full_range: bool
    """Whether brightness goes from 0 to 255, not from 16 to 235."""
    mirrored: bool = False
    turns: int = 0
    """Clockwise quarter turns, after mirroring, to the upright picture."""

    @property
    def storage(self) -> Storage:
        return STORAGE[self.format]

    def plane_shape(self, plane: int) -> tuple[int, int]:
        """Lines, and samples from line to line."""
        height = self.size_wh[1]
        lines = -(-height // self.storage.down) if plane else height
        return lines, self.pitches_bytes[plane] // self.storage.sample_bytes

    def turned_wh(self, size_wh: SizeWh) -> SizeWh:
        """Of a size before the turn, that after it, and the other way round."""
        return (size_wh[1], size_wh[0]) if self.turns % 2 else size_wh


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """A frame in the memory of this process, or of a GPU."""

    layout: Layout
    addresses: tuple[int, ...]
    on_card: bool
    owner: object
    """What keeps that memory for as long as it is referenced."""


Cells = Callable[[Planes, SizeWh, Callable[[], ByteArray]], ByteArray]
"""See ``Scaler.cells``."""


class Scaler(Protocol):
    """What makes pictures of planes on the device that models compute on, for any number of
    threads. See ``models.plane_scaler``."""

    def is_compared(self, shown: Shown) -> bool:
        """Whether frames like this were found to look as a processor makes them."""
        ...

    def cells(
        self, planes: Planes, grid_wh: SizeWh, as_made_here: Callable[[], ByteArray]
    ) -> ByteArray:
        """Brightness averaged down to ``grid_wh``, (height, width), not turned.

        ``as_made_here`` gives it as the processor makes it, for the first of a kind.
        """
        ...

    def write(self, shown: Shown, address: int) -> None:
        """The input's pixels, (height, width, 3) bytes, to ``address`` in the device's memory.

        Raises DeviceUnavailable where they are not those of the frame's reference.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A whole frame as a model is to see it: upright, ``content_wh`` large, at the top left of an
    input of ``input_wh`` that is black otherwise."""

    planes: Planes
    content_wh: SizeWh
    input_wh: SizeWh
    scaler: Scaler
    """What makes it."""
    reference_rgb: ByteArray | None = None
    """The content as the processor makes it, where the two are to be compared."""
