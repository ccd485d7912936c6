"""Pages for a court: black on white, numbered; the same facts give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import black, grey
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    Image,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from lfr_batch.evidence.fonts import BOLD, PLAIN, fitting, fonts, shown

MARGIN = 12 * mm
SIZE, SMALL = 8.5, 7.0
Rows = Iterable[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class PdfSheet:
    """What stands at the top and the foot of every page."""

    title: str
    foot: str
    is_wide: bool = True

    @property
    def size(self) -> tuple[float, float]:
        width, height = A4
        return (height, width) if self.is_wide else (width, height)

    @property
    def inner(self) -> tuple[float, float]:
        """Width and height of what is between the margins."""
        return self.size[0] - 2 * MARGIN - 12, self.size[1] - 3.4 * MARGIN - 12


def pdf(sheet: PdfSheet, parts: Sequence[Flowable]) -> bytes:
    """The document."""
    fonts()
    out = BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=sheet.size, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=1.7 * MARGIN,
        bottomMargin=1.7 * MARGIN, title=shown(sheet.title), author="lfr-batch", invariant=1,
    )  # fmt: skip
    document.build(list(parts), canvasmaker=_numbered(sheet))
    return out.getvalue()


def text(said: str, *, bold: bool = False, size: float = SIZE) -> Paragraph:
    """A paragraph; what ``said`` is taken for is text alone."""
    face = BOLD if bold else PLAIN
    style = ParagraphStyle(
        "text", fontName=face, fontSize=size, leading=size * 1.3, textColor=black
    )
    return Paragraph(escape(shown(said)).replace("\n", "<br/>"), style)


def heading(said: str) -> list[Flowable]:
    """With what follows on the same page."""
    above, title = CondPageBreak(40 * mm), text(said, bold=True, size=SIZE + 2)
    return [above, Spacer(1, 3 * mm), title, Spacer(1, 1.5 * mm)]


def facts_table(rows: Rows, width: float) -> Table:
    """Names and what they stand for; nothing that is None."""
    said = [
        [text(name, bold=True), text(_words(value))] for name, value in rows if value is not None
    ]
    return _table(said or [[text("–"), text("–")]], (width * 0.22, width * 0.78))


def columns_table(
    names: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[float]
) -> Table:
    """With its names in the first row, again on each page; cells are texts or what is drawn."""
    head = [text(name, bold=True, size=SMALL + 0.5) for name in names]
    body = [[c if isinstance(c, Flowable) else text(c, size=SMALL + 0.5) for c in r] for r in rows]
    return _table([head, *body], widths, repeat=1)


def thumbnail(jpeg: bytes, side: float) -> Image:
    image = Image(BytesIO(jpeg))
    scale = side / max(image.imageWidth, image.imageHeight)
    image.drawWidth, image.drawHeight = image.imageWidth * scale, image.imageHeight * scale
    return image


def _table(rows: Sequence[Sequence[Any]], widths: Sequence[float], repeat: int = 0) -> Table:
    data = list(map(list, rows))
    table = Table(data, list(widths), repeatRows=repeat, hAlign="LEFT", splitInRow=1)
    table.setStyle(
        [
            ("LINEBELOW", (0, 0), (-1, -1), 0.3, grey),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 1.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ]
    )
    return table


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def _numbered(sheet: PdfSheet) -> type[Canvas]:
    """A canvas that knows how many pages there are before it draws their numbers."""

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self.kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self.kept, 1):
                self.__dict__.update(page)
                _furniture(self, sheet, number, len(self.kept))
                super().showPage()
            super().save()

    return Numbered


def _furniture(canvas: Canvas, sheet: PdfSheet, number: int, pages: int) -> None:
    width, height = sheet.size
    canvas.setFont(BOLD, 11)
    canvas.drawString(MARGIN + 6, height - MARGIN - 6, shown(sheet.title))
    canvas.setFont(PLAIN, SMALL)
    canvas.drawString(MARGIN + 6, MARGIN - 4, fitting(sheet.foot, 0.8 * width, PLAIN, SMALL))
    canvas.drawRightString(width - MARGIN - 6, MARGIN - 4, f"page {number} of {pages}")
    canvas.setLineWidth(0.4)
    canvas.line(MARGIN + 6, MARGIN + 6, width - MARGIN - 6, MARGIN + 6)
