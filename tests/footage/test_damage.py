from __future__ import annotations

import pytest

from lfr_batch.footage.damage import tolerance_ns
from lfr_batch.records import nanoseconds, seconds


@pytest.mark.parametrize(
    ("announced_s", "duration_of_stream", "has_audio", "tolerated_s"),
    [
        (4, True, True, 1.0),
        (100, True, True, 2.0),
        (36_000, True, True, 10.0),
        (36_000, False, False, 10.0),
        (4, False, True, 1.5),
        (100, False, True, 10.0),
        (36_000, False, True, 60.0),
    ],
)
def test_how_much_of_the_end_may_be_missing(
    announced_s: float, duration_of_stream: bool, has_audio: bool, tolerated_s: float
) -> None:
    tolerated = tolerance_ns(
        nanoseconds(announced_s), duration_of_stream=duration_of_stream, has_audio=has_audio
    )
    assert seconds(tolerated) == pytest.approx(tolerated_s)
