from __future__ import annotations

from datetime import date
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from lfr_batch.footage.taken_on import DATE_TIME_ORIGINAL, EXIF_DIRECTORY, day_of, taken_on


def picture(kind: str, said: str | None) -> bytes:
    image = Image.fromarray(np.full((8, 8, 3), 90, np.uint8))
    exif = Image.Exif()
    if said is not None:
        exif.get_ifd(EXIF_DIRECTORY)[DATE_TIME_ORIGINAL] = said
    data = BytesIO()
    image.save(data, kind, exif=exif.tobytes())
    return data.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_cameras_word_on_the_day(kind: str) -> None:
    assert taken_on(picture(kind, "2019:05:04 12:30:00")) == date(2019, 5, 4)
    assert taken_on(picture(kind, None)) is None


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2019:05:04 12:30:00", date(2019, 5, 4)),
        ("2019-05-04", date(2019, 5, 4)),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("", None),
    ],
)
def test_cameras_that_do_not_know_say_nothing(said: str, day: date | None) -> None:
    assert day_of(said) == day


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe1\x00\x20Exif\x00\x00II*\x00\xff", b"text"])
def test_damaged_bytes_say_nothing(data: bytes) -> None:
    assert taken_on(data) is None
