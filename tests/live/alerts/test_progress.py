from __future__ import annotations

import pytest

from lfr_batch.errors import StoreFull
from lfr_batch.live.alerts.held import Held
from lfr_batch.live.alerts.progress import SPOOL, sink_state, spool_states, waiting_in
from lfr_batch.live.records import SinkState
from tests.live.made import an_alert

FULL = StoreFull("the disk is full")


@pytest.mark.parametrize(
    ("delivered", "numbers", "taken", "waiting"),
    [
        (0, [], 0, 0),
        (0, [1, 2, 3], 0, 3),
        (2, [1, 2, 3], 2, 1),
        (3, [1, 2, 3], 3, 0),
        (4, [2, 5, 9], 1, 2),  # others were deleted
        (9, [2, 5], 2, 0),
    ],
)
def test_how_far_a_sink_is(delivered: int, numbers: list[int], taken: int, waiting: int) -> None:
    expected = SinkState("webhook", taken, waiting, "no route")
    assert sink_state("webhook", delivered, numbers, "no route") == expected


@pytest.mark.parametrize(
    ("damaged", "held", "waiting", "said"),
    [
        ((), Held(), None, None),
        (("alerts/a1", "alerts/a2"), Held(), 2, "cannot be read: alerts/a1, alerts/a2"),
        ((), Held(refusal=FULL), 0, "alerts cannot be kept: the disk is full"),
        (("alerts/a1",), Held({"a0000": an_alert()}, FULL), 2,
         "cannot be read: alerts/a1; alerts cannot be kept (1 are only shown): the disk is full"),
    ],
)  # fmt: skip
def test_the_sealed_files_are_told_of_only_where_something_is_wrong(
    damaged: tuple[str, ...], held: Held, waiting: int | None, said: str | None
) -> None:
    expected = () if waiting is None else (SinkState(SPOOL, 7, waiting, said),)
    assert spool_states(7, damaged, held) == expected


def test_only_sinks_that_lack_something_wait() -> None:
    states = (
        SinkState("parquet", 3, 0, None),
        SinkState("webhook", 1, 2, None),
        SinkState(SPOOL, 3, 1, "cannot be read: alerts/a1"),
    )
    assert waiting_in(states) == {"webhook": 2}
    assert waiting_in(()) == {}
