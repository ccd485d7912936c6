"""Two faces side by side: their eyes at one height and equally far apart, neither turned."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable

from lfr_batch.evidence.eyes import Eyes
from lfr_batch.evidence.fonts import BOLD, PLAIN, fitting

GAP, CAPTION, TEXT = 6 * mm, 15 * mm, 7.5
EYES_APART = 30 * mm
EYES_AT = 0.6
"""Of the height, from below."""
_MARKS_PX = (500, 200, 100, 50, 20, 10, 5, 2, 1)
_LONGEST_MARK = 30 * mm


@dataclass(frozen=True, slots=True)
class BoardPicture:
    """A face for a board."""

    jpeg: bytes
    eyes: Eyes | None
    title: str
    lines: tuple[str, ...]


class PicturePair(Flowable):  # type: ignore[misc]
    """Both pictures with their eye line and a scale mark in pixels of each."""

    def __init__(
        self, width: float, height: float, left: BoardPicture, right: BoardPicture | None
    ) -> None:
        super().__init__()
        self.width, self.height = width, height
        self.pictures = (left, right)

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        side = (self.width - GAP) / 2
        tall = self.height - CAPTION
        for number, picture in enumerate(self.pictures):
            left = number * (side + GAP)
            if picture is None:
                _frame(self.canv, left, side, tall, "There is no picture of this candidate.")
            else:
                _draw(self.canv, picture, left, side, tall)
        line = CAPTION + tall * EYES_AT
        self.canv.setDash(1, 3)
        self.canv.setLineWidth(0.4)
        self.canv.line(0, line, self.width, line)
        self.canv.setDash()


def scale_of(picture: BoardPicture, size_wh: tuple[int, int], side: float, tall: float) -> float:
    """Points a pixel: so that the eyes are as far apart as in the other; of a picture without eyes
    so that all of it is seen."""
    if picture.eyes is None:
        return min(side / size_wh[0], tall / size_wh[1])
    (left, right) = picture.eyes
    apart_px = ((right[0] - left[0]) ** 2 + (right[1] - left[1]) ** 2) ** 0.5
    return float(EYES_APART / max(apart_px, 1.0))


def _draw(canvas: Any, picture: BoardPicture, left: float, side: float, tall: float) -> None:
    image = ImageReader(BytesIO(picture.jpeg))
    width, height = image.getSize()
    scale = scale_of(picture, (width, height), side, tall)
    if picture.eyes is None:
        x_px, y_px, at = width / 2, height / 2, 0.5
    else:
        x_px, y_px = (sum(values) / 2 for values in zip(*picture.eyes, strict=True))
        at = EYES_AT
    canvas.saveState()
    path = canvas.beginPath()
    path.rect(left, CAPTION, side, tall)
    canvas.clipPath(path, stroke=0)
    x = left + side / 2 - x_px * scale
    y = CAPTION + tall * at - (height - y_px) * scale
    canvas.drawImage(image, x, y, width * scale, height * scale)
    canvas.restoreState()
    _frame(canvas, left, side, tall, "")
    _caption(canvas, picture, left, side, scale)
    _mark(canvas, left + side, scale)


def _frame(canvas: Any, left: float, side: float, tall: float, text: str) -> None:
    canvas.setLineWidth(0.5)
    canvas.rect(left, CAPTION, side, tall)
    canvas.setFont(PLAIN, TEXT)
    canvas.drawCentredString(left + side / 2, CAPTION + tall / 2, text)


def _caption(canvas: Any, picture: BoardPicture, left: float, side: float, scale: float) -> None:
    canvas.setFont(BOLD, TEXT + 1)
    canvas.drawString(
        left, CAPTION - 10, fitting(picture.title, side - _LONGEST_MARK - 60, BOLD, TEXT + 1)
    )
    canvas.setFont(PLAIN, TEXT)
    eyes = "" if picture.eyes else "; no eyes were found in it"
    for number, line in enumerate((*picture.lines, f"shown {scale:.1f} points a pixel{eyes}")):
        canvas.drawString(left, CAPTION - 20 - 9 * number, fitting(line, side, PLAIN, TEXT))


def _mark(canvas: Any, right: float, scale: float) -> None:
    """A length in pixels of the picture."""
    pixels = next((px for px in _MARKS_PX if px * scale <= _LONGEST_MARK), 1)
    length, y = pixels * scale, CAPTION - 8
    canvas.setLineWidth(0.8)
    canvas.line(right - length, y, right, y)
    for x in (right - length, right):
        canvas.line(x, y - 2, x, y + 2)
    canvas.setFont(PLAIN, TEXT)
    canvas.drawRightString(right - length - 4, y - 2.5, f"{pixels} px")
