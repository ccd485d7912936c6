from __future__ import annotations

import cv2
import numpy as np
import pytest

from lfr_batch.results.jpeg import jpeg_size


@pytest.mark.parametrize(("width", "height"), [(1, 1), (168, 200), (1000, 3)])
@pytest.mark.parametrize("progressive", [0, 1])
def test_the_size_is_what_was_encoded(width: int, height: int, progressive: int) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive])
    assert jpeg_size(data.tobytes()) == (width, height)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\x89PNG\r\n", b"\xff\xd8\xff\xe0\x00\x04ab"])
def test_what_is_no_jpeg_has_no_size(data: bytes) -> None:
    assert jpeg_size(data) is None
