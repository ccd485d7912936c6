"""A font for boards and certificates, embedded in each, and names that it has no letters for.

DejaVu Sans has Latin, Greek, Cyrillic, Arabic and more; where it is not installed it is Bitstream
Vera, which comes with reportlab and has western European letters. What the font has not is written
by its number in Unicode, so that nobody reads a name that lacks a letter; ``sighting.json`` has it
as it is. Letters that join are not joined, and nothing is set from right to left.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "Evidence", "Evidence-Bold"
_FOLDERS = (
    Path("/usr/share/fonts/truetype/dejavu"),
    Path("/usr/share/fonts/dejavu-sans-fonts"),
    Path("/usr/share/fonts/dejavu"),
    Path("/usr/share/fonts/TTF"),
)
_DEJAVU, _VERA = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"), ("Vera.ttf", "VeraBd.ttf")


@cache
def fonts() -> TTFont:
    """Register both; the plain one."""
    for folder in _FOLDERS:
        if all((folder / name).is_file() for name in _DEJAVU):
            return _registered(folder / _DEJAVU[0], folder / _DEJAVU[1])
    own = Path(reportlab.__file__).parent / "fonts"
    return _registered(own / _VERA[0], own / _VERA[1])


def shown(text: str) -> str:
    """As the font can show it, and nothing that would not show at all."""
    there = fonts().face.charToGlyph
    return "".join(
        letter if letter == "\n" or (letter.isprintable() and ord(letter) in there) else
        f"[U+{ord(letter):04X}]"
        for letter in text
    )  # fmt: skip


def fitting(text: str, width: float, font: str, size: float) -> str:
    """As ``shown``, on one line: of what is too long its end."""
    whole = shown(text.replace("\n", " "))
    while pdfmetrics.stringWidth(whole, font, size) > width:
        whole = f"…{whole[2 + len(whole) // 20 :]}"
    return whole


def _registered(plain: Path, bold: Path) -> TTFont:
    found = TTFont(PLAIN, str(plain))
    pdfmetrics.registerFont(found)
    pdfmetrics.registerFont(TTFont(BOLD, str(bold)))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)
    return found
