"""The true, upright shape of a stored picture: stretched, mirrored, turned. Pure.

A stored picture becomes the true one in three steps, in this order: its pixels are stretched to
squares, it is mirrored left to right, it is turned clockwise by quarters. Stretching only ever
enlarges one side, so that nothing that was filmed is lost.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

SizeWh = tuple[int, int]
Part = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are outside."""

WIDEST = 4
"""Pixels more elongated than this do not exist: H.264 and HEVC know none beyond 160:99 by name,
and the widest in use (half D1 on a 16:9 screen) are 32:11."""
ALIKE = 0.005
"""Ratios that differ by less are one: 4320:4319 is a rounding error of whoever wrote it."""
MATRIX_NUMBERS = 9
IF_WRONG = "give `aspect` in the manifest if that is wrong"

EVERY_OTHER_LINE, EVERY_OTHER_COLUMN = Fraction(1, 2), Fraction(2)

NEVER_SQUARE: dict[SizeWh, tuple[str, Fraction]] = {
    # One field of an analogue picture.
    (704, 288): ("2CIF", EVERY_OTHER_LINE),
    (704, 240): ("2CIF", EVERY_OTHER_LINE),
    (720, 288): ("one field of D1", EVERY_OTHER_LINE),
    (720, 240): ("one field of D1", EVERY_OTHER_LINE),
    (768, 288): ("one field of a PAL picture", EVERY_OTHER_LINE),
    (640, 240): ("one field of VGA", EVERY_OTHER_LINE),
    (960, 288): ("one field of 960H", EVERY_OTHER_LINE),
    (960, 240): ("one field of 960H", EVERY_OTHER_LINE),
    (928, 288): ("one field of 960H", EVERY_OTHER_LINE),
    (928, 240): ("one field of 960H", EVERY_OTHER_LINE),
    # Both fields, half as wide.
    (352, 576): ("half D1", EVERY_OTHER_COLUMN),
    (352, 480): ("half D1", EVERY_OTHER_COLUMN),
    (360, 576): ("half D1", EVERY_OTHER_COLUMN),
    # The "N" and "Lite" sizes of DVRs for HD over coaxial cable.
    (640, 720): ("720N", EVERY_OTHER_COLUMN),
    (960, 1080): ("1080N", EVERY_OTHER_COLUMN),
    (944, 1080): ("1080N", EVERY_OTHER_COLUMN),
    (1280, 1440): ("4M-N", EVERY_OTHER_COLUMN),
    (1296, 1944): ("5M-N", EVERY_OTHER_COLUMN),
    (1920, 2160): ("4K-N", EVERY_OTHER_COLUMN),
}
"""Sizes that DVRs record in and in which no picture has square pixels: what they are called, and
width by height of a pixel. A file that says 1:1 of such a picture knows nothing of it. Twice as
many lines or columns give the shape that the same camera has in D1, 4CIF or 1080P."""

PERHAPS_SQUARE: dict[SizeWh, str] = {
    (960, 576): "960H, which is 16:9, or 4:3 with an older camera",
    (960, 480): "960H, which is 16:9, or 4:3 with an older camera",
    (928, 576): "960H, which is 16:9, or 4:3 with an older camera",
    (928, 480): "960H, which is 16:9, or 4:3 with an older camera",
    (360, 480): "half D1, which is 4:3",
}
"""Sizes that may be non-square and may be what they seem; left alone and said. D1 (720 or 704 by
576 or 480) and CIF (352 by 288 or 240) are off by no more than a tenth and left without a word."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes a stored picture the true, upright one."""

    sample_aspect: float = 1.0
    """Width of a stored pixel by its height."""
    mirrored: bool = False
    """Left to right, before any turn."""
    turns: int = 0
    """Clockwise quarter turns, 0 to 3."""

    def stretched_wh(self, stored_wh: SizeWh) -> SizeWh:
        """With square pixels, not turned yet; one side may be larger than stored, none smaller."""
        width, height = stored_wh
        if self.sample_aspect >= 1:
            return round(width * self.sample_aspect), height
        return width, round(height / self.sample_aspect)

    def true_wh(self, stored_wh: SizeWh) -> SizeWh:
        return self.turned_wh(self.stretched_wh(stored_wh))

    def turned_wh(self, size_wh: SizeWh) -> SizeWh:
        """Of a size before the turn, that after it, and the other way round."""
        return (size_wh[1], size_wh[0]) if self.turns % 2 else size_wh

    def before_turning(self, part: Part, stretched_wh: SizeWh) -> Part:
        """Where a part of the true picture lies in the stretched one, not mirrored nor turned."""
        left, top, right, bottom = part
        width, height = stretched_wh
        left, top, right, bottom = {
            0: (left, top, right, bottom),
            1: (top, height - right, bottom, height - left),
            2: (width - right, height - bottom, width - left, height - top),
            3: (width - bottom, left, width - top, right),
        }[self.turns]
        return (
            (width - right, top, width - left, bottom)
            if self.mirrored
            else (left, top, right, bottom)
        )


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says of the shape of its pixels, as FFmpeg reads it; None: nothing."""

    container: Fraction | None = None
    """Its container's word (pasp, DisplayWidth, vprp, …), or the codec's where that has none."""
    codec: Fraction | None = None
    """The codec's own word (VUI, DAR of MPEG-2, …)."""


Aspect = tuple[float, str | None]
"""Width of a stored pixel by its height, and what is worth saying of that."""


def sample_aspect(stored_wh: SizeWh, stated: Stated, true_aspect: float | None = None) -> Aspect:
    """The pixels' shape. ``true_aspect``: width by height of the stored picture when shown, as the
    manifest knows it; it goes before all that the file says.

    The container goes before the codec: it is the later layer, where a wrong ratio is put right
    without encoding anew, and what players go by. A ratio that cannot be is no word, nor is 1:1 of
    a picture whose pixels cannot be square.
    """
    if true_aspect is not None:
        return _from_manifest(stored_wh, true_aspect)
    said = [ratio for ratio in (stated.container, stated.codec) if ratio is not None]
    telling = [ratio for ratio in said if _can_be(ratio) and not _says_nothing(ratio, stored_wh)]
    if not telling:
        return _unsaid(stored_wh, said)
    believed = float(telling[0])
    return (1.0 if alike(believed, 1.0) else believed), _contradiction(telling[0], said)


def turned_aspect(true_aspect: float | None, rotation_deg: int) -> float | None:
    """Width by height before a clockwise turn of ``rotation_deg``."""
    return 1 / true_aspect if true_aspect and rotation_deg % 180 else true_aspect


def alike(one: float, other: float) -> bool:
    return abs(math.log(one / other)) < ALIKE


def _from_manifest(stored_wh: SizeWh, true_aspect: float) -> Aspect:
    ratio = true_aspect * stored_wh[1] / stored_wh[0]
    if not _can_be(ratio):
        return 1.0, (
            f"the manifest's `aspect` would make its pixels {ratio:.3g}:1, which cannot be; they "
            "are taken for square"
        )
    return (1.0 if alike(ratio, 1.0) else ratio), None


def _can_be(ratio: float | Fraction) -> bool:
    return 1 / WIDEST <= ratio <= WIDEST


def _says_nothing(ratio: Fraction, stored_wh: SizeWh) -> bool:
    return stored_wh in NEVER_SQUARE and alike(float(ratio), 1.0)


def _contradiction(believed: Fraction, said: Sequence[Fraction]) -> str | None:
    others = [ratio for ratio in said if not alike(float(ratio), float(believed))]
    if not others:
        return None
    return (
        f"its container and its codec differ about the shape of its pixels: {_ratio(believed)} is "
        f"believed, not {_ratio(others[0])}; {IF_WRONG}"
    )


def _unsaid(stored_wh: SizeWh, said: Sequence[Fraction]) -> Aspect:
    """``said``: only what cannot be."""
    size = f"{stored_wh[0]}x{stored_wh[1]}"
    if stored_wh in NEVER_SQUARE:
        name, ratio = NEVER_SQUARE[stored_wh]
        width, height = Shape(float(ratio)).stretched_wh(stored_wh)
        return float(ratio), (
            f"says nothing that can be of its pixels' shape; {size} is taken for {name} and "
            f"searched as {width}x{height}: {IF_WRONG}"
        )
    if said:
        return 1.0, (
            f"says that its pixels are {_ratio(said[0])}, which cannot be; they are taken for "
            f"square: {IF_WRONG}"
        )
    if stored_wh in PERHAPS_SQUARE:
        return 1.0, (
            f"says nothing of its pixels' shape; {size} may be {PERHAPS_SQUARE[stored_wh]}, and is "
            f"searched as it is stored: {IF_WRONG}"
        )
    return 1.0, None


def _ratio(ratio: Fraction) -> str:
    return f"{ratio.numerator}:{ratio.denominator}"


def from_display_matrix(matrix: bytes | None) -> tuple[bool, int]:
    """Whether mirrored (left to right, first) and clockwise degrees (0, 90, 180, 270, after it).

    ``matrix`` is FFmpeg's AV_FRAME_DATA_DISPLAYMATRIX: nine native int32 a b u, c d v, x y w, by
    which a stored point becomes (a·x + c·y, b·x + d·y), y downwards (ISO/IEC 14496-12, 6.2.2).
    Other angles count as the nearest quarter turn; a matrix that flattens the picture as none.
    """
    if matrix is None or len(matrix) < 4 * MATRIX_NUMBERS:
        return False, 0
    a, b, _, c, d, *_ = struct.unpack(f"={MATRIX_NUMBERS}i", matrix[: 4 * MATRIX_NUMBERS])
    determinant = a * d - b * c
    if determinant == 0:
        return False, 0
    mirrored = determinant < 0
    across, down = (-a, -b) if mirrored else (a, b)
    return mirrored, round(math.degrees(math.atan2(down, across)) / 90) * 90 % 360
