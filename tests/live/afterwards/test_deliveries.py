from __future__ import annotations

import pytest

from lfr_batch.live.afterwards.deliveries import Deliveries, undelivered_now
from tests.live.made import figures


@pytest.mark.parametrize(
    ("before", "waiting", "carried", "is_some_deleted", "left"),
    [
        ({"webhook": 3}, {}, {"webhook": 3}, False, {}),
        ({"webhook": 3}, {"webhook": 2}, {"webhook": 1}, False, {"webhook": 2}),
        ({}, {"parquet": 1}, {}, False, {"parquet": 1}),
        # Two were deleted before they could be taken: they stay.
        ({"webhook": 3}, {}, {"webhook": 1}, True, {"webhook": 2}),
        ({"webhook": 3}, {"webhook": 1}, {}, True, {"webhook": 3}),
        ({"webhook": 3}, {"webhook": 1}, {"webhook": 2}, True, {"webhook": 1}),
        ({"webhook": 3}, {}, {"webhook": 5}, True, {}),
        ({"webhook": 1}, {"parquet": 2}, {"webhook": 1}, True, {"parquet": 2}),
    ],
)
def test_what_is_undelivered_now(
    before: dict[str, int],
    waiting: dict[str, int],
    carried: dict[str, int],
    is_some_deleted: bool,
    left: dict[str, int],
) -> None:
    done = Deliveries(waiting, carried, is_some_deleted)
    assert undelivered_now(figures(undelivered=before), done) == left
