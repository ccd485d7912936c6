from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from lfr_batch.pipeline.attempts import run_with_attempts


class FlakyRunner:
    """Loses the items of ``lost`` as often as it says; a stand-in for workers that die."""

    def __init__(self, lost: dict[int, int]) -> None:
        self.lost = lost
        self.calls: list[list[Any]] = []

    def __call__(
        self, open_worker: Callable[[Any], Callable[[Any], Any]], spec: Any, items: Iterable[Any]
    ) -> Iterator[Any]:
        self.calls.append(list(items))
        for item, attempt in self.calls[-1]:
            if self.lost.get(item, 0) >= attempt:
                continue
            yield item, f"done at {attempt}"


@pytest.mark.parametrize(
    ("lost", "expected", "passes"),
    [
        ({}, {1: "done at 1", 2: "done at 1", 3: "done at 1"}, [3]),
        ({2: 1}, {1: "done at 1", 2: "done at 2", 3: "done at 1"}, [3, 1]),
        ({2: 9, 3: 1}, {1: "done at 1", 2: "given up", 3: "done at 2"}, [3, 2]),
    ],
    ids=["nobody dies", "bad luck", "poison and bad luck"],
)
def test_every_item_is_answered_once(
    lost: dict[int, int], expected: dict[int, str], passes: list[int]
) -> None:
    runner = FlakyRunner(lost)
    results = list(
        run_with_attempts(
            runner,
            lambda spec: lambda item: (item[0], ""),
            None,
            [(1, 0), (2, 0), (3, 0)],
            item_key=lambda item: item[0],
            result_key=lambda result: result[0],
            again=lambda item, attempt: (item[0], attempt),
            give_up=lambda item: (item[0], "given up"),
        )
    )
    assert dict(results) == expected
    assert len(results) == 3
    assert [len(call) for call in runner.calls] == passes
