from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.footage.clock import Timing
from lfr_batch.footage.stream_time import RunningTime

UNIT_S = Fraction(1, 90_000)
FRAME = 3600
MS = 1_000_000


def told(time: RunningTime, ticks: list[int | None], arrived_ms: list[int]) -> list[int]:
    pairs = zip(ticks, arrived_ms, strict=True)
    return [time.tell(tick, UNIT_S, ms * MS) // MS for tick, ms in pairs]


def camera() -> RunningTime:
    time = RunningTime()
    time.connect(40 * MS)
    return time


def test_a_camera_begins_at_zero_and_its_own_clock_counts() -> None:
    assert told(camera(), [7 * FRAME, 8 * FRAME, 10 * FRAME], [5000, 5090, 5091]) == [0, 40, 120]


def test_the_time_without_a_connection_counts() -> None:
    time = camera()
    told(time, [0, FRAME], [1000, 1040])
    time.connect(40 * MS)
    assert told(time, [900_000, 900_000 + FRAME], [8040, 8050]) == [7040, 7080]


def test_frames_without_a_timestamp_follow_the_one_before() -> None:
    assert told(camera(), [None, 500, None, 500 + 2 * FRAME], [0, 40, 80, 120]) == [0, 40, 80, 120]


def test_a_camera_that_sets_its_clock_loses_no_time() -> None:
    day = 86_400 * 90_000
    ticks: list[int | None] = [0, FRAME, day, day + FRAME, 5 * FRAME, 6 * FRAME]
    assert told(camera(), ticks, [0, 40, 80, 120, 160, 200]) == [0, 40, 80, 120, 160, 200]


def test_a_long_silence_of_the_connection_is_no_leap() -> None:
    assert told(camera(), [0, 60 * 90_000], [0, 60_000]) == [0, 60_000]


def test_a_file_played_again_goes_on_where_it_ended() -> None:
    time, timing = RunningTime(), Timing(UNIT_S, 900, 40 * MS)
    for i in range(3):
        time.play(timing)
        assert time.due_ns(900) // MS == i * 120
        base = i * 120
        ticks: list[int | None] = [900, 900 + FRAME, 900 + 2 * FRAME]
        assert told(time, ticks, [i, i + 1, i + 2]) == [base, base + 40, base + 80]


def test_what_piles_up_in_buffers_is_the_lag() -> None:
    time = camera()
    told(time, [0, FRAME, 2 * FRAME], [1000, 1001, 1002])  # the last ones come at once
    told(time, [3 * FRAME], [1042])
    assert time.lag_ns == 0
    told(time, [4 * FRAME, 5 * FRAME], [1582, 2122])
    assert time.lag_ns // MS == 1000
    time.connect(40 * MS)
    told(time, [0], [2200])
    assert time.lag_ns == 0


@given(
    st.lists(
        st.tuples(st.none() | st.integers(-(2**40), 2**40), st.integers(0, 10**5), st.booleans()),
        max_size=30,
    )
)
def test_time_never_goes_back(frames: list[tuple[int | None, int, bool]]) -> None:
    time, times, arrived_ms = camera(), [], 0
    for tick, gap_ms, reconnects in frames:
        arrived_ms += gap_ms
        if reconnects:
            time.connect(40 * MS)
        times.append(time.tell(tick, UNIT_S, arrived_ms * MS))
    assert all(earlier <= later for earlier, later in pairwise(times))
