"""HEIF through libheif, by way of pi-heif's inner module.

Its outer one reads each picture's metadata first, and ends the process where those are damaged
(pi-heif 1.4.0: a segmentation fault). Nothing of them is needed here.
"""

from __future__ import annotations

from typing import Any

import _pi_heif
import numpy as np

from lfr_batch.records import ByteArray

THREADS = 2


def sizes(data: bytes) -> list[tuple[int, int]]:
    """Width and height of each picture, as it is shown. Raises whatever pi-heif does."""
    return [image.size_mode[0] for image in _images(data)]


def pixels(data: bytes, number: int) -> ByteArray:
    """Picture ``number``, from 0: (height, width) or (height, width, 3 or 4), BGR first.

    libheif itself turns and mirrors it. Raises whatever pi-heif does. The file is opened anew each
    time, since an image keeps what it has decoded.
    """
    image = _images(data)[number]
    coded = image.data
    (width, height), mode = image.size_mode
    channels = len(mode.split(";")[0]) if not mode.startswith("I") else 1
    sample = np.dtype(np.uint16 if ";" in mode else np.uint8)
    rows = np.frombuffer(coded, sample).reshape(height, image.stride // sample.itemsize)
    shown = rows[:, : width * channels].reshape(height, width, channels)
    eight_bits = shown >> 8 if sample.itemsize == 2 else shown
    # A copy: what libheif lends goes with the image.
    return np.array(eight_bits[..., 0] if channels < 3 else eight_bits, np.uint8)


def _images(data: bytes) -> list[Any]:
    hdr_to_8_bits = bgr = remove_stride = hdr_to_16_bits = True
    found = _pi_heif.load_file(
        data, THREADS, hdr_to_8_bits, bgr, remove_stride, hdr_to_16_bits, "", False
    )
    return [image for image in found if image is not None]
