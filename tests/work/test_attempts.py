from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby, islice
from typing import Any

import pytest

from lfr_batch.errors import StoreAway, StoreFull
from lfr_batch.work.attempts import (
    ATTEMPTS,
    MOST_AWAY,
    MOST_NODES,
    WorkKind,
    grouped,
    run_with_attempts,
)
from lfr_batch.work.circuit import MOST_OUTAGE_S
from lfr_batch.work.here import run_here as in_this_process
from lfr_batch.work.lost import NOT_NOW, Lost, NotNow, Why

TELLING_THE_ATTEMPT: WorkKind[None, tuple[int, int], tuple[int, str]] = WorkKind(
    lambda _: lambda item: (item[0], ""),
    item_key=lambda item: item[0],
    result_key=lambda result: result[0],
    again=lambda item, attempt: (item[0], attempt),
    give_up=lambda item, _: (item[0], "given up"),
)


class FlakyRunner:
    """Loses the items of ``lost`` as often as it says, and what its one worker has at the same
    time; a stand-in for workers that die."""

    def __init__(self, lost: dict[int, int]) -> None:
        self.left = Counter(lost)
        self.calls: list[list[Any]] = []

    def __call__(
        self,
        open_worker: Callable[[Any], Callable[[Any], Any]],
        spec: Any,
        items: Iterable[Any],
        together: int = 1,
    ) -> Iterator[Any]:
        self.calls.append(list(items))
        for groups in batched(self.calls[-1], together):
            deadly = [item for group in groups for item, _ in group if self.left[item]]
            self.left.subtract(deadly)
            if not deadly:
                for group in groups:
                    yield [(item, f"done at {attempt}") for item, attempt in group]


@pytest.mark.parametrize(
    ("together", "lost", "expected", "passes"),
    [
        (1, {}, ["done at 1", "done at 1", "done at 1"], [3]),
        (1, {2: 1}, ["done at 1", "done at 2", "done at 1"], [3, 1]),
        (1, {2: 9, 3: 1}, ["done at 1", "given up", "done at 2"], [3, 2]),
        (3, {}, ["done at 1", "done at 1", "done at 1"], [3]),
        (3, {2: 1}, ["done at 1", "done at 1", "done at 1"], [3, 3]),
        (3, {2: 2}, ["done at 1", "done at 2", "done at 1"], [3, 3, 1]),
        (3, {2: 9}, ["done at 1", "given up", "done at 1"], [3, 3, 1]),
        (2, {2: 9, 3: 2}, ["done at 1", "given up", "done at 2"], [3, 3, 2]),
    ],
    ids=[
        "nobody dies",
        "bad luck",
        "poison and bad luck",
        "nobody dies together",
        "bad luck together",
        "bad luck together and alone",
        "poison beside others",
        "poison beside another, and bad luck together and alone",
    ],
)
def test_every_item_is_answered_once(
    together: int, lost: dict[int, int], expected: list[str], passes: list[int]
) -> None:
    runner = FlakyRunner(lost)
    results = list(
        run_with_attempts(
            runner,
            TELLING_THE_ATTEMPT,
            None,
            [(1, 0), (2, 0), (3, 0)],
            together,
        )
    )
    assert [answer for _, answer in sorted(results)] == expected
    assert len(results) == 3
    assert [len(call) for call in runner.calls] == passes


def batched(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def attempted(
    count: int, lost: dict[int, int], together: int = 1
) -> tuple[dict[int, str], list[list[int]]]:
    """Answers for short items, and the sizes of the groups of each pass."""
    runner = FlakyRunner(lost)
    work = replace(TELLING_THE_ATTEMPT, is_short=lambda _: True)
    items = [(number, 0) for number in range(count)]
    results = run_with_attempts(runner, work, None, items, together)
    return dict(results), [[len(group) for group in call] for call in runner.calls]


def test_one_that_kills_its_worker_costs_its_group_no_attempt_and_nobody_else_the_answer() -> None:
    answers, passes = attempted(320, {17: 9})
    assert passes == [[10] * 32, [1] * 10, [1]]
    assert answers.pop(17) == "given up"
    assert set(answers.values()) == {"done at 1"}
    assert len(answers) == 319


@pytest.mark.parametrize(
    ("count", "together", "size"),
    [
        (1, 1, 1),
        (31, 1, 1),
        (64, 1, 2),
        (302, 1, 9),
        (512, 1, 16),
        (10_000, 1, 16),
        (302, 4, 2),
        (10_000, 4, 16),
    ],
)
def test_few_items_are_shared_among_workers(count: int, together: int, size: int) -> None:
    answers, (sizes,) = attempted(count, {}, together)
    assert len(answers) == count
    assert max(sizes) == size
    assert len(sizes) == -(-count // size)


@pytest.mark.parametrize(
    ("items", "groups"),
    [
        ("", ""),
        ("sss", "sss"),
        ("sssss", "sss ss"),
        ("LLL", "L L L"),
        ("ssLsLLssss", "ss L s L L sss s"),
    ],
)
def test_only_short_items_share_a_task_and_none_changes_its_place(items: str, groups: str) -> None:
    found = grouped(items, lambda item: item == "s", 3)
    assert " ".join("".join(group) for group in found if group is not NOT_NOW) == groups


def test_nobody_in_a_group_waits_for_what_is_not_to_be_begun_yet() -> None:
    found = grouped(["s", "s", NOT_NOW, "s"], lambda item: item == "s", 3)
    assert list(found) == [("s", "s"), NOT_NOW, ("s",)]


def test_what_was_done_before_an_item_raised_is_kept() -> None:
    """The item is tried again by itself, and then its error is raised."""
    done: list[int] = []

    def process(item: int) -> int:
        if item == 75:
            raise StoreFull("the disk is full")
        done.append(item)
        return item

    work: WorkKind[None, int, int] = WorkKind(
        lambda _: process,
        item_key=lambda item: item,
        result_key=lambda result: result,
        again=lambda item, _: item,
        give_up=lambda item, _: item,
        is_short=lambda _: True,
    )
    answers = run_with_attempts(in_this_process, work, None, range(320))
    kept = list(islice(answers, 315))
    assert kept == done
    assert set(kept) == set(range(320)) - set(range(75, 80))
    with pytest.raises(StoreFull):
        next(answers)


class ToldRunner:
    """Loses items to what ``fate`` says, one after another; a stand-in for machines that go."""

    def __init__(self, fate: dict[int, list[Why]]) -> None:
        self.fate = {item: list(whys) for item, whys in fate.items()}
        self.now_s = 0.0
        self.order: list[int | None] = []

    def clock(self) -> float:
        return self.now_s

    def __call__(
        self,
        open_worker: Callable[[Any], Callable[[Any], Any]],
        spec: Any,
        items: Iterable[Any],
        together: int = 1,
    ) -> Iterator[Any]:
        for group in items:
            if isinstance(group, NotNow):
                self.order.append(None)
                self.now_s += 1.0
                continue
            ((item, attempt),) = group
            self.order.append(item)
            left = self.fate.get(item, [])
            yield Lost(group, left.pop(0), "so it was") if left else [(item, f"done at {attempt}")]


def told(
    fate: dict[int, list[Why]], count: int = 3, together: int = 1
) -> tuple[dict[int, str], ToldRunner, list[str]]:
    runner, heard = ToldRunner(fate), list[str]()
    work = replace(
        TELLING_THE_ATTEMPT, give_up=lambda item, lost: (item[0], f"{lost.why}, {lost.said}")
    )
    items = [(number, 0) for number in range(count)]
    found = run_with_attempts(runner, work, None, items, together, heard.append, runner.clock)
    return dict(found), runner, heard


@pytest.mark.parametrize(
    ("whys", "together", "expected"),
    [
        (["died"], 1, "done at 2"),
        (["died"] * ATTEMPTS, 1, "died, so it was"),
        (["died"], 3, "done at 1"),
        (["died"] * (1 + ATTEMPTS), 3, "died, so it was"),
        (["limit"], 1, "limit, so it was"),
        (["limit"], 3, "done at 1"),
        (["limit", "limit"], 3, "limit, so it was"),
        (["beside"], 3, "done at 1"),
        (["beside", "died", "died"], 3, "died, so it was"),
        (["node"] * (MOST_NODES - 1), 1, "done at 1"),
        (["node", "died", "node"], 1, "done at 2"),
        (["node"] * MOST_NODES, 1, "node, so it was"),
        (["store"], 1, "done at 1"),
    ],
)
def test_an_item_is_charged_with_what_is_its_own_fault(
    whys: list[Why], together: int, expected: str
) -> None:
    answers, _, _ = told({1: whys}, together=together)
    assert answers == {0: "done at 1", 1: expected, 2: "done at 1"}


def test_while_a_bucket_does_not_answer_one_item_at_a_time_asks_it_and_the_operator_is_told() -> (
    None
):
    answers, runner, heard = told({1: ["store"], 2: ["store"], 3: ["store"]}, count=6)
    assert set(answers.values()) == {"done at 1"}
    first = runner.order.index(1)
    waits = [len(list(run)) for item, run in groupby(runner.order[first:]) if item is None]
    assert len(waits) == 3
    assert waits[0] < waits[1] < waits[2]
    assert [line.partition(":")[0] for line in heard] == [
        "Paused",
        "Paused",
        "Paused",
        "The store answers again",
    ]


def test_an_item_of_its_own_that_cannot_be_read_is_given_up_while_others_are() -> None:
    answers, _, _ = told({1: ["store"] * 50}, count=2 + MOST_AWAY)
    assert answers[1] == "store, so it was"
    assert set(answers.values()) == {"done at 1", "store, so it was"}


def test_an_outage_charges_nobody_and_ends_the_run_after_an_hour() -> None:
    runner, answers = ToldRunner({n: ["store"] * 10_000 for n in range(3)}), []
    found = run_with_attempts(
        runner, TELLING_THE_ATTEMPT, None, [(n, 0) for n in range(3)], clock=runner.clock
    )
    with pytest.raises(StoreAway, match=r"so it was.*`lfr resume`"):
        answers += list(found)
    assert answers == []
    assert runner.now_s >= MOST_OUTAGE_S
