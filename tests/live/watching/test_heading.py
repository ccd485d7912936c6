from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.live.records import Heading
from lfr_batch.live.watching.heading import heading_between

STOOD = (100.0, 100.0, 140.0, 150.0)


@pytest.mark.parametrize(
    ("last_xyxy", "heading"),
    [
        (STOOD, None),
        ((130, 100, 170, 150), None),  # three quarters of a width: it shifts its weight
        ((145, 100, 185, 150), "right"),
        ((55, 130, 95, 180), "left"),
        ((100, 300, 140, 350), None),  # down alone is no direction in the street
        ((95, 95, 150, 164), "towards"),
        ((130, 95, 190, 170), "towards"),  # and across: closer counts more
        ((340, 95, 395, 164), "right"),  # over four widths across, and a little closer
        ((105, 105, 133, 140), "away"),
        ((105, 100, 133, 150), None),  # a head that turns is narrower, and not farther away
        ((100, 100, 100, 150), "away"),
    ],
)
def test_where_somebody_walks(last_xyxy: tuple[float, ...], heading: Heading | None) -> None:
    first, last = (np.array(box, np.float32) for box in (STOOD, last_xyxy))
    assert heading_between(first, last) == heading
