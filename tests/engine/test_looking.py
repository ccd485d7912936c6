from __future__ import annotations

import pytest

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.looking import LONGEST_STEP_S, Looking


@pytest.mark.parametrize(
    ("asked_s", "silent_s"),
    [
        ((0, 1, 2, 17), 2 + LONGEST_STEP_S),
        ((0, *range(1, 41)), 40),
        # The process was stopped for a minute: nobody could have heard an answer.
        ((0, 1, 61), 1 + LONGEST_STEP_S),
    ],
)
def test_how_long_the_head_is_silent_while_this_process_is_awake(
    asked_s: tuple[float, ...], silent_s: float
) -> None:
    clock = iter((*asked_s, 100.0))
    looking = Looking(EngineConfig(), lambda: next(clock))
    assert [looking.silent_s() for _ in asked_s][-1] == silent_s
    looking.answers += 1
    assert looking.silent_s() == 0
