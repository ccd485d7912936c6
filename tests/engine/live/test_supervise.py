"""What is done for parts that answer, are late, die, hang or start: no Ray, and no clock.

Times are seconds since the parts were open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from lfr_batch.engine.live.supervise import (
    ENGINE_LOST,
    LOST_S,
    SILENT_S,
    START_S,
    Action,
    Answer,
    Answered,
    Answers,
    Ask,
    Broken,
    GiveUp,
    Restart,
    Supervised,
    Tell,
    Unanswered,
    opened,
    part_state,
    supervise,
)
from lfr_batch.live.deployment.plan import PartKey, PartState

NORTH: PartKey = ("camera", "north")
SOUTH: PartKey = ("camera", "south")
ROUTER: PartKey = ("router", "router")
NAMESAKE: PartKey = ("camera", "router")

WORKS = Answered(7, "then", works=True)
ANOTHER_WORKS = Answered(8, "later", works=True)
WAITING = Unanswered("then")
STARTING_S = SILENT_S + START_S

GONE = Tell("camera north was lost (its process is gone)")
HANGS = Tell("camera north does not answer: it is started anew")
STUCK = Tell("camera north has stopped working: it is started anew")
CLOSED = Tell("camera north cannot be opened (free some space): it is started anew")
KILL = Restart(NORTH, 7, "then")


def part(key: PartKey = NORTH, **known: Any) -> Supervised:
    """Open at 0 s, in process 7."""
    return replace(opened(key, 7, "then", 0.0), **known)


def look(
    parts: tuple[Supervised, ...], answers: Mapping[PartKey, Answer], now_s: float, **found: Any
) -> tuple[tuple[Supervised, ...], tuple[Action, ...]]:
    return supervise(parts, Answers(answers, **found), now_s)


UP = part()
DOWN = part(up=False, quiet_until_s=STARTING_S)
"""It was lost in the moment after it was open."""


@pytest.mark.parametrize(
    ("known", "answer", "now_s", "changes", "actions"),
    [
        pytest.param(
            UP, WORKS, 1.0,
            {"worked_s": 1.0, "quiet_until_s": 1.0 + SILENT_S},
            (Ask(NORTH),),
            id="it answers",
        ),
        pytest.param(UP, WAITING, SILENT_S, {}, (), id="it is late"),
        pytest.param(
            UP, WAITING, 4.0,
            {"up": False, "quiet_until_s": 4.0 + STARTING_S},
            (HANGS, Ask(NORTH), KILL),
            id="it hangs",
        ),
        pytest.param(
            UP, Unanswered(None), 1.0,
            {"up": False, "quiet_until_s": 1.0 + STARTING_S},
            (GONE,),
            id="it died, and nobody has said so yet",
        ),
        pytest.param(
            UP, Unanswered("later"), 1.0,
            {"up": False, "quiet_until_s": 1.0 + STARTING_S},
            (GONE,),
            id="it died, and another process has its number",
        ),
        pytest.param(
            UP, Broken("ActorDiedError"), 1.0,
            {"up": False, "quiet_until_s": 1.0 + STARTING_S},
            (Tell("camera north was lost (ActorDiedError)"), Ask(NORTH)),
            id="it died, and Ray says so",
        ),
        pytest.param(
            UP, Answered(7, "then", works=False), 1.0,
            {"up": False, "quiet_until_s": 1.0 + STARTING_S},
            (STUCK, Ask(NORTH), KILL),
            id="it answers that it has stopped working",
        ),
        pytest.param(DOWN, Unanswered(None), STARTING_S, {}, (), id="it is merely starting"),
        pytest.param(
            DOWN, Broken("ActorUnavailableError"), STARTING_S + 1.0,
            {},
            (Ask(NORTH),),
            id="it is merely starting, and Ray says so",
        ),
        pytest.param(
            DOWN, Unanswered(None), STARTING_S + 1.0,
            {"quiet_until_s": STARTING_S + 1.0 + STARTING_S},
            (HANGS, Ask(NORTH), KILL),
            id="it has been starting for too long",
        ),
        pytest.param(
            replace(DOWN, down_s=5.0, restarts=1), ANOTHER_WORKS, 20.0,
            {"up": True, "process": 8, "born": "later", "restarts": 2, "down_s": 25.0,
             "worked_s": 20.0, "quiet_until_s": 20.0 + SILENT_S},
            (Ask(NORTH),),
            id="it is back",
        ),
        pytest.param(
            DOWN, WORKS, 2.0,
            {"up": True, "down_s": 2.0, "worked_s": 2.0, "quiet_until_s": 2.0 + SILENT_S},
            (Ask(NORTH),),
            id="it was cut off, and is still in its process",
        ),
        pytest.param(
            UP, ANOTHER_WORKS, 1.0,
            {"process": 8, "born": "later", "restarts": 1,
             "worked_s": 1.0, "quiet_until_s": 1.0 + SILENT_S},
            (Ask(NORTH),),
            id="it was lost and came back between two looks",
        ),
        pytest.param(
            DOWN, Answered(8, "later", works=False, failure="free some space"), 2.0,
            {"process": 8, "born": "later", "restarts": 1, "quiet_until_s": 2.0 + STARTING_S},
            (CLOSED, Ask(NORTH), Restart(NORTH, 8, "later")),
            id="it came back and could not be opened",
        ),
    ],
)  # fmt: skip
def test_what_is_done_for_a_part(
    known: Supervised,
    answer: Answer,
    now_s: float,
    changes: dict[str, Any],
    actions: tuple[Action, ...],
) -> None:
    beside = part(ROUTER, worked_s=now_s)  # or all would be lost
    after, done = look((known, beside), {NORTH: answer, ROUTER: WORKS}, now_s)
    assert after[0] == replace(known, **changes)
    assert done == (*actions, Ask(ROUTER))


def test_two_that_die_at_once_are_two_outages_and_the_third_is_left_alone() -> None:
    dead = Unanswered(None)
    parts = (part(ROUTER), part(NORTH), part(SOUTH))
    after, actions = look(parts, {ROUTER: dead, NORTH: dead, SOUTH: WAITING}, 1.0)
    assert [each.up for each in after] == [False, False, True]
    assert actions == (Tell("router router was lost (its process is gone)"), GONE)
    back = {ROUTER: ANOTHER_WORKS, NORTH: Answered(9, "later", works=True), SOUTH: WORKS}
    after, _ = look(after, back, 3.0)
    assert [(each.process, each.restarts, each.down_s) for each in after] == [
        (8, 1, 3.0), (9, 1, 3.0), (7, 0, 0.0),
    ]  # fmt: skip


def test_a_camera_that_is_called_router_does_not_answer_for_the_router() -> None:
    parts = (part(ROUTER), part(NAMESAKE))
    after, actions = look(parts, {ROUTER: WAITING, NAMESAKE: WORKS}, 4.0)
    assert [each.up for each in after] == [False, True]
    assert actions == (
        Tell("router router does not answer: it is started anew"),
        Ask(ROUTER),
        Restart(ROUTER, 7, "then"),
        Ask(NAMESAKE),
    )


def test_however_often_it_is_lost_it_is_started_anew_and_given_its_time_each_time() -> None:
    parts: tuple[Supervised, ...] = (part(NORTH), part(SOUTH))
    now_s, restarts_s = 0.0, list[float]()
    while len(restarts_s) < 20:
        now_s += 0.5
        parts, actions = look(parts, {NORTH: WAITING, SOUTH: WORKS}, now_s)
        restarts_s += [now_s for action in actions if isinstance(action, Restart)]
    assert restarts_s[0] == SILENT_S + 0.5
    gaps_s = {after - before for before, after in pairwise(restarts_s)}
    assert gaps_s == {STARTING_S + 0.5}


def test_a_part_that_is_merely_starting_is_left_alone() -> None:
    """It takes longer than any may be silent, and is told as one outage."""
    parts: tuple[Supervised, ...] = (part(NORTH), part(SOUTH))
    told: list[Action] = []
    for tenth in range(1, int(START_S) * 10):
        north: Answer = Unanswered(None) if tenth > 10 else WORKS
        parts, actions = look(parts, {NORTH: north, SOUTH: WORKS}, tenth / 10)
        told += [action for action in actions if not isinstance(action, Ask)]
    assert told == [GONE]
    parts, _ = look(parts, {NORTH: ANOTHER_WORKS, SOUTH: WORKS}, START_S)
    assert part_state(parts[0], START_S) == PartState(
        "north", "camera", up=True, restarts=1, process=8, down_s=START_S - 1.0
    )


def test_once_the_end_was_asked_for_nothing_is_done_any_more() -> None:
    parts = (part(NORTH), part(SOUTH))
    dead: dict[PartKey, Answer] = {NORTH: Unanswered(None), SOUTH: Broken("ActorDiedError")}
    assert look(parts, dead, LOST_S * 2, ray_lives=False, ending=True) == (parts, ())


@pytest.mark.parametrize(
    ("now_s", "answer", "ray_lives", "given_up"),
    [
        (LOST_S, WAITING, True, False),
        (LOST_S + 1.0, WAITING, True, True),
        (LOST_S + 1.0, Answered(7, "then", works=False), True, True),
        (LOST_S + 1.0, WORKS, True, False),
        (1.0, WORKS, False, True),
    ],
)
def test_ray_is_lost_with_its_own_processes_or_where_no_part_works(
    now_s: float, answer: Answer, ray_lives: bool, given_up: bool
) -> None:
    parts = (part(NORTH), part(SOUTH))
    _, actions = look(parts, {NORTH: WAITING, SOUTH: answer}, now_s, ray_lives=ray_lives)
    assert (actions[-1] == GiveUp(ENGINE_LOST)) is given_up
    assert sum(isinstance(action, GiveUp) for action in actions) == given_up


@pytest.mark.parametrize(
    ("known", "up", "process", "down_s"),
    [
        (replace(UP, down_s=5.0), True, 7, 5.0),
        (replace(DOWN, down_s=5.0, worked_s=4.0), False, None, 11.0),
    ],
)
def test_an_outage_that_lasts_is_counted_so_far(
    known: Supervised, up: bool, process: int | None, down_s: float
) -> None:
    assert part_state(known, 10.0) == PartState("north", "camera", up, 0, process, down_s)
