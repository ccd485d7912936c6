"""Pictures turned and mirrored the right way round. Pure."""

from __future__ import annotations

import numpy as np

from lfr_batch.records import ByteArray

MIRRORED = (2, 4, 5, 7)
TURNS = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}
"""Quarter turns anticlockwise, after mirroring left to right."""


def upright(picture: ByteArray, orientation: int) -> ByteArray:
    """``picture`` (height, width, 3) as EXIF's ``orientation`` (3.0, tag 274) wants it shown.

    Another view of the same pixels. A value that is none of 1 to 8 is taken for 1.
    """
    mirrored = picture[:, ::-1] if orientation in MIRRORED else picture
    return np.rot90(mirrored, TURNS.get(orientation, 0))
