from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.config.schema import TrackConfig
from lfr_batch.records import NS_PER_S, nanoseconds
from lfr_batch.tracks.patience import LONGEST_S, patience_ns, patient

LIMITS = TrackConfig(max_gap_s=1.0, stitch_gap_s=1.0)


@pytest.mark.parametrize(
    ("frame_rate", "sample_fps", "expected_s"),
    [
        (25.0, 5.0, 1.0),
        (None, 5.0, 1.0),
        (None, 0.0, 1.0),
        (1.0, 5.0, 2.5),
        (0.5, 5.0, 5.0),
        (0.2, 5.0, 12.5),
        (0.01, 5.0, LONGEST_S),
        (25.0, 0.5, 5.0),
        (25.0, 0.0, 1.0),
    ],
)
def test_patience_follows_from_the_rate(
    frame_rate: float | None, sample_fps: float, expected_s: float
) -> None:
    limits = patient(LIMITS, frame_rate, sample_fps)
    assert (limits.max_gap_s, limits.stitch_gap_s) == (expected_s, expected_s)


@pytest.mark.parametrize(
    ("interval_s", "expected_s"), [(None, 1.0), (0.2, 1.0), (2.0, 5.0), (5.0, 12.5), (60.0, 15.0)]
)
def test_patience_grows_where_looks_become_few(interval_s: float | None, expected_s: float) -> None:
    interval_ns = None if interval_s is None else nanoseconds(interval_s)
    assert patience_ns(LIMITS, interval_ns) == expected_s * NS_PER_S


@given(st.floats(0.01, 30.0), st.floats(0.001, 240.0), st.floats(0.0, 240.0))
def test_nobody_becomes_less_patient(own_s: float, rate: float, sample_fps: float) -> None:
    limits = TrackConfig(max_gap_s=own_s, stitch_gap_s=own_s)
    grown = patient(limits, rate, sample_fps)
    assert grown.max_gap_s >= own_s
    assert grown.stitch_gap_s >= own_s


def test_each_of_several_cameras_has_its_share_of_the_rate() -> None:
    assert patient(LIMITS, 4.0, 0.0, views=8) == patient(LIMITS, 0.5, 0.0)
    assert patient(LIMITS, None, 5.0, views=8) == patient(LIMITS, None, 5.0)
