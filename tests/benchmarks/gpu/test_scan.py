"""Speed from the moments at which receipts came."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from benchmarks.gpu.scan import Receipt, Scan, at_once, steady_speed, telling
from lfr_batch.config.schema import EngineConfig
from lfr_batch.work.attempts import Runner, Tell, unheard
from lfr_batch.work.here import run_here as run


def receipt(at_s: float, wall_s: float, media_s: float = 60.0) -> Receipt:
    return Receipt(at_s, wall_s, media_s, 0.0, 0.0, busy_core_s=3 * at_s)


@pytest.mark.parametrize(
    ("spans", "most"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (1, 2)], 1),
        ([(0, 2), (1, 3)], 2),
        ([(0, 9), (1, 3), (4, 6), (5, 7)], 3),
    ],
)
def test_segments_under_way_together(spans: list[tuple[int, int]], most: int) -> None:
    assert at_once([receipt(end, end - start) for start, end in spans]) == most


def test_without_a_receipt_there_is_no_speed() -> None:
    assert steady_speed([], to_the_end=True) is None


@pytest.mark.parametrize("to_the_end", [True, False])
def test_a_few_segments_count_from_their_start_to_their_end(to_the_end: bool) -> None:
    few = [receipt(14.0, 4.0), receipt(15.0, 5.0), receipt(20.0, 6.0)]
    speed = steady_speed(few, to_the_end)
    assert speed is not None
    assert (speed.times_real_time, speed.at_once, speed.segments) == (18.0, 2, 3)
    assert (speed.from_s, speed.until_s, speed.busy_cores) == (10.0, 20.0, 3.0)


SLOW = [receipt(10.0, 10.0), receipt(10.0, 10.0)]
STEADY = [receipt(10.0 + second, 1.0) for second in range(1, 7) for _ in range(2)]


@pytest.mark.parametrize(
    ("tail", "to_the_end"),
    [
        ([receipt(16.5, 0.5), receipt(19.0, 3.0)], True),
        ([receipt(16.5, 0.5)], False),
        ([], False),
    ],
)
def test_whole_rounds_count_without_warming_up_and_running_dry(
    tail: list[Receipt], to_the_end: bool
) -> None:
    """Two at once; the first take ten times as long, the last one's neighbour is idle."""
    speed = steady_speed([*tail, *SLOW, *STEADY], to_the_end)
    assert speed is not None
    assert (speed.at_once, speed.segments) == (2, len(STEADY))
    assert (speed.from_s, speed.until_s) == (10.0, 16.0)
    assert speed.times_real_time == pytest.approx(2 * 60.0)


def test_receipts_that_come_late_are_no_further_worker() -> None:
    late = [receipt(10.0, 10.0), receipt(19.5, 10.0), receipt(30.0, 10.0)]
    assert at_once(late) == 1


@pytest.mark.parametrize("ending", [None, ValueError, KeyboardInterrupt])
def test_what_was_found_is_told_before_the_engine_ends(ending: type[BaseException] | None) -> None:
    happened: list[str] = []

    @contextmanager
    def opened(_: EngineConfig, __: Tell) -> Iterator[Runner]:
        try:
            yield run
        finally:
            happened.append("engine ended")

    def work() -> None:
        if ending:
            raise ending

    found = Scan(0.0)
    engine = telling(opened, found, lambda found: happened.append(f"told: {found.to_the_end}"))
    with suppress(ValueError, KeyboardInterrupt), engine(EngineConfig(), unheard):
        work()
    assert happened == [f"told: {ending is None}", "engine ended"]
