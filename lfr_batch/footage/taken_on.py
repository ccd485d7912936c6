"""The day on which a camera says that it took a picture.

EXIF 3.0, tags 0x8769 (the EXIF directory) and 0x9003 (DateTimeOriginal); of JPEG, PNG, TIFF and
WebP. What is damaged, or cannot be a day, says nothing.
"""

from __future__ import annotations

import logging
from datetime import date
from io import BytesIO

from PIL import (  # the last four make Pillow know their formats
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from lfr_batch.unexpected import trace

logger = logging.getLogger(__name__)

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")
EXIF_DIRECTORY, DATE_TIME_ORIGINAL = 0x8769, 0x9003


def taken_on(data: bytes) -> date | None:
    """Of a picture's bytes. None where nothing says it."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            said = image.getexif().get_ifd(EXIF_DIRECTORY).get(DATE_TIME_ORIGINAL)
    except Exception as error:  # noqa: BLE001 - damaged bytes: libraries raise anything
        logger.debug("no EXIF: %s", trace(error))
        return None
    return day_of(said) if isinstance(said, str) else None


def day_of(said: str) -> date | None:
    """Of EXIF's '2019:05:04 12:30:00'; cameras that do not know write zeros or blanks."""
    try:
        return date.fromisoformat(said[:10].replace(":", "-"))
    except ValueError:
        return None
