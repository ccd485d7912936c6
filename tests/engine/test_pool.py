"""A pool is told what was seen and says what is to be done."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from lfr_batch.engine.pool import (
    MOST_DEATHS,
    NOBODY_S,
    NOBODY_YET_S,
    PAUSE_S,
    STILL_AGAIN_S,
    STILL_S,
    Demand,
    Pool,
    decide,
    handed,
    places,
    wish,
)
from lfr_batch.engine.pool_events import (
    Action,
    ClusterNode,
    Died,
    End,
    Event,
    Fail,
    GiveBack,
    ItemAnswered,
    Looked,
    Refused,
    Say,
    SayStill,
    Start,
    WorkerOpened,
)
from lfr_batch.errors import EngineError, GalleryNotFound, PackNotFound

A, B = ClusterNode("a", "host-a", 2), ClusterNode("b", "host-b", 2)
MUCH = Demand(100, is_all=False)
NOTHING = Demand(0, is_all=True)
DAY_S = 86400.0


def after(
    pool: Pool, *events: Event, demand: Demand = MUCH, now_s: float = 0.0
) -> tuple[Pool, list[Action]]:
    pool, actions = decide(pool, events, demand, now_s)
    return pool, list(actions)


def working(*nodes: ClusterNode) -> Pool:
    """All workers that fit, open, each with an item whose number is its own."""
    pool, actions = after(Pool(), Looked(nodes))
    starts = [action.worker for action in actions if isinstance(action, Start)]
    pool, _ = after(pool, *map(WorkerOpened, starts))
    for number in starts:
        pool = handed(pool, number, number)
    return pool


def on(pool: Pool, node: ClusterNode) -> set[int]:
    return {number for number, worker in pool.workers.items() if worker.node_id == node.node_id}


def said(actions: list[Action]) -> str:
    return " ".join(action.sentence for action in actions if isinstance(action, Say))


@pytest.mark.parametrize(
    ("most", "together", "demand", "a", "b"),
    [
        (0, 1, MUCH, 2, 2),
        (3, 1, MUCH, 1, 2),
        (0, 1, Demand(1, is_all=True), 0, 1),
        (0, 3, Demand(4, is_all=True), 1, 1),
        (0, 1, Demand(0, is_all=False), 0, 0),
    ],
)
def test_workers_are_spread_and_no_more_than_there_is_to_do(
    most: int, together: int, demand: Demand, a: int, b: int
) -> None:
    pool, actions = after(Pool(most, together), Looked((A, B)), demand=demand)
    assert (len(on(pool, A)), len(on(pool, B))) == (a, b)
    assert len(actions) == a + b


def test_an_item_goes_to_a_worker_that_is_open_and_idle_ones_come_first() -> None:
    pool, _ = after(Pool(together=2), Looked((A,)))
    assert list(places(pool)) == []
    pool, _ = after(pool, WorkerOpened(1), WorkerOpened(2))
    pool = handed(pool, 1, 7)
    assert list(places(pool)) == [2, 1, 2]


def test_a_node_that_joins_has_workers_at_once() -> None:
    _, actions = after(working(A), Looked((A, B)))
    assert [action.node_id for action in actions if isinstance(action, Start)] == ["b", "b"]
    assert "host-b has joined, with room for 2 workers." in said(actions)


def test_what_a_node_had_that_is_gone_is_given_back() -> None:
    pool = working(A, B)
    mine = on(pool, B)
    pool, actions = after(pool, Looked((A,)))
    lost = {action.task: action.said for action in actions if isinstance(action, GiveBack)}
    assert lost == dict.fromkeys(mine, "host-b went away")
    assert {action.worker for action in actions if isinstance(action, End)} == mine
    assert not on(pool, B)


@pytest.mark.parametrize("leaves_s", [60.0, inf])
def test_a_node_that_is_to_leave_finishes_what_it_has_and_gets_nothing_more(
    leaves_s: float,
) -> None:
    pool = working(A, B)
    first, second = sorted(on(pool, B))
    leaving = Looked((A, replace(B, leaves_s=leaves_s)))
    pool, actions = after(pool, leaving)
    assert "host-b is to go away" in said(actions)
    assert not [action for action in actions if not isinstance(action, Say)]
    pool, actions = after(pool, ItemAnswered(first, first), leaving)
    assert actions == [End(first)]
    assert not set(places(pool)) & {first, second}
    pool, actions = after(pool, leaving, now_s=59.0)
    given_back = [GiveBack(second, "host-b goes away"), End(second)] if leaves_s == 60.0 else []
    assert actions == given_back


def test_a_worker_whose_supervisor_was_killed_is_started_anew() -> None:
    pool, actions = after(working(A), Died(1))
    assert actions == [GiveBack(1, "the worker's supervisor on host-a was killed"), End(1)]
    assert not after(pool, Died(1))[1], "each of its items says it"
    assert after(pool, now_s=PAUSE_S)[1] == [Start(3, "a")]
    assert after(working(A), ItemAnswered(1, 1), Died(1))[1] == [End(1), Start(3, "a")]


def test_a_node_whose_workers_die_again_and_again_is_left_out() -> None:
    pool, _ = after(Pool(), Looked((A, B)))
    for day in range(MOST_DEATHS):
        assert "b" not in pool.left_out
        pool, actions = after(pool, *map(Died, on(pool, B)), now_s=DAY_S * day)
        assert not on(pool, B)
        pool, _ = after(pool, now_s=DAY_S * day + DAY_S / 2)
    assert "host-b is left out of the run, which goes on without it: workers died" in said(actions)
    assert not on(pool, B)


def test_workers_that_are_killed_together_or_after_an_answer_are_no_sign_of_a_bad_node() -> None:
    pool, _ = after(Pool(), Looked((replace(A, room=16),)))
    pool, _ = after(pool, *map(Died, on(pool, A)))
    assert not pool.left_out
    pool = working(A)
    for _ in range(2 * MOST_DEATHS):
        number = min(on(pool, A))
        pool, _ = after(pool, WorkerOpened(number))
        pool, _ = after(handed(pool, number, number), ItemAnswered(number, number))
        pool, _ = after(pool, Died(number))
    assert not pool.left_out


def test_a_node_that_refuses_is_named_and_left_out_while_others_can_work() -> None:
    pool, _ = after(Pool(), Looked((A, B)))
    refusal = Refused(min(on(pool, A)), GalleryNotFound("there is no gallery x"))
    pool, actions = after(pool, refusal)
    told = "host-a is left out of the run, which goes on without it: there is no gallery x."
    assert said(actions) == told
    assert not on(pool, A)
    assert not [action for action in after(pool, Looked((A, B)))[1] if isinstance(action, Start)]


def test_where_no_node_can_work_the_run_ends_with_their_own_error() -> None:
    pool, _ = after(Pool(), Looked((A, B)))
    pool, _ = after(pool, Refused(min(on(pool, A)), GalleryNotFound("no gallery.")))
    pool, actions = after(pool, Refused(min(on(pool, B)), PackNotFound("no pack.")))
    [fail] = [action for action in actions if isinstance(action, Fail)]
    assert isinstance(fail.error, PackNotFound)
    assert str(fail.error) == (
        "No node of the cluster can work: host-a: no gallery. host-b: no pack."
    )


def test_a_node_that_refuses_ends_no_run_whose_other_nodes_are_away() -> None:
    pool = working(A, B)
    pool, _ = after(pool, Refused(min(on(pool, A)), GalleryNotFound("no gallery.")))
    pool, actions = after(pool, Looked((A,)), now_s=10.0)
    assert "No node of the cluster has room for a worker" in said(actions)
    _, actions = after(pool, Looked((A, replace(B, node_id="c"))), now_s=20.0)
    assert [action.node_id for action in actions if isinstance(action, Start)] == ["c", "c"]
    _, [fail] = after(pool, now_s=10.0 + NOBODY_S)
    assert isinstance(fail, Fail)
    assert str(fail.error).endswith("`lfr resume` the run; left out is host-a: no gallery.")


def test_of_this_machine_alone_the_error_is_the_worker_s_own() -> None:
    pool, _ = after(Pool(is_here=True), Looked((A,)))
    error = GalleryNotFound("no gallery.")
    _, actions = after(pool, Refused(1, error))
    assert actions[-1] == Fail(error)


@pytest.mark.parametrize(("autoscaled", "most_s"), [(False, NOBODY_S), (True, NOBODY_YET_S)])
def test_where_all_nodes_are_gone_they_are_waited_for_and_the_run_gives_up_after_a_while(
    autoscaled: bool, most_s: float
) -> None:
    pool, actions = after(replace(working(A), autoscaled=autoscaled), Looked(()), now_s=10.0)
    assert "No node of the cluster has room for a worker" in said(actions)
    pool, actions = after(pool, now_s=10.0 + STILL_S)
    assert actions == [SayStill(STILL_S)]
    _, actions = after(pool, Looked((B,)), now_s=10.0 + most_s)
    assert [action for action in actions if isinstance(action, Start)]
    _, [fail] = after(pool, now_s=10.0 + most_s)
    assert isinstance(fail, Fail)
    assert isinstance(fail.error, EngineError)
    assert "`lfr resume`" in str(fail.error)


def test_that_nothing_comes_back_is_said_within_two_minutes() -> None:
    pool, _ = after(working(A), ItemAnswered(1, 1), now_s=5.0)
    pool = handed(pool, 1, 3)
    assert not after(pool, now_s=5.0 + STILL_S - 1)[1]
    pool, actions = after(pool, now_s=5.0 + STILL_S)
    assert actions == [SayStill(STILL_S)]
    assert STILL_S < 120
    assert not after(pool, now_s=5.0 + STILL_S + STILL_AGAIN_S - 1)[1]
    assert after(pool, now_s=5.0 + STILL_S + STILL_AGAIN_S)[1]
    _, actions = after(pool, ItemAnswered(1, 3), now_s=5.0 + STILL_S + STILL_AGAIN_S)
    assert not actions


def test_where_nothing_is_to_be_done_stillness_is_no_trouble() -> None:
    pool, _ = after(working(A), ItemAnswered(1, 1), ItemAnswered(2, 2))
    assert not after(pool, demand=Demand(0, is_all=False), now_s=10 * STILL_S)[1]


def test_workers_with_nothing_to_do_end_once_nothing_more_will_come() -> None:
    pool, _ = after(working(A, B), ItemAnswered(1, 1), ItemAnswered(2, 2))
    assert not after(pool, demand=Demand(2, is_all=False))[1]
    _, actions = after(pool, demand=Demand(2, is_all=True))
    assert actions == [End(1), End(2)]


@pytest.mark.parametrize(
    ("most", "demand", "wanted"),
    [
        (0, Demand(2, is_all=False), 8),
        (5, Demand(2, is_all=False), 5),
        (0, Demand(2, is_all=True), 2),
        (0, NOTHING, 0),
    ],
)
def test_more_room_is_wished_for_while_there_is_more_to_do(
    most: int, demand: Demand, wanted: int
) -> None:
    pool, _ = after(Pool(most), Looked((A, B)))
    assert wish(pool, demand) == wanted
    assert wish(Pool(), Demand(1, is_all=False)) == 1
