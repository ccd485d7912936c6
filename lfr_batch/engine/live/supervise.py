"""What is to be done for the parts of a deployment, as they answer or fail to. Pure.

Ray starts anew what has died; what hangs or has stopped working is killed, so that it does. Times
are seconds of one clock that nobody can set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lfr_batch.live.deployment.plan import PartKey, PartState

SILENT_S = 3.0
"""A part that says nothing for so long is started anew."""
START_S = 30.0
"""A part that was lost is given so long to open itself, on a machine that is busy."""
LOST_S = 30.0
"""Where not one part has answered for so long, nothing starts them anew: Ray itself is lost."""
ENGINE_LOST = (
    "Ray was lost, and without it no part of the deployment can be kept running: `lfr doctor` "
    "looks at the machine, then start the deployment again."
)


@dataclass(frozen=True, slots=True)
class Supervised:
    """A part as it is known."""

    key: PartKey
    process: int
    born: str | None
    """When the process began, so that another one with its number is not taken for it."""
    worked_s: float
    """When it was last known to do its work."""
    quiet_until_s: float
    """So long it may say nothing: longer while it is being started."""
    up: bool = True
    restarts: int = 0
    down_s: float = 0.0
    """Over all outages that have ended."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Its state, from the process that told it."""

    process: int
    born: str | None
    works: bool
    failure: str = ""
    """What keeps it from opening, in a sentence with the way out."""


@dataclass(frozen=True, slots=True)
class Broken:
    """There will be no answer to what it was asked."""

    error: str
    """Of which kind."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Not yet: on a busy machine an answer may take a while."""

    born: str | None
    """When whatever process has the part's number now began; None if there is none."""


Answer = Answered | Broken | Unanswered


@dataclass(frozen=True, slots=True)
class Answers:
    """What was found at one moment."""

    parts: Mapping[PartKey, Answer]
    """Of every part."""
    ray_lives: bool = True
    ending: bool = False
    """The end of the deployment was asked for."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What it was asked is answered, or void: it is asked again at the next look."""

    key: PartKey


@dataclass(frozen=True, slots=True)
class Tell:
    """Of an outage."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Restart:
    """End its process, if it is still the one that began then: Ray starts the part anew."""

    key: PartKey
    process: int
    born: str | None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """There is nothing left to look after."""

    trouble: str


Action = Ask | Tell | Restart | GiveUp
Step = tuple[Supervised, tuple[Action, ...]]


def opened(key: PartKey, process: int, born: str | None, now_s: float) -> Supervised:
    """A part that has just said, for the first time, that it is open."""
    return Supervised(key, process, born, worked_s=now_s, quiet_until_s=now_s + SILENT_S)


def part_state(part: Supervised, now_s: float) -> PartState:
    """As others are told; an outage that lasts is counted so far."""
    role, name = part.key
    down_s = part.down_s + (0.0 if part.up else now_s - part.worked_s)
    return PartState(name, role, part.up, part.restarts, part.process if part.up else None, down_s)


def supervise(
    states: tuple[Supervised, ...], answers: Answers, now_s: float
) -> tuple[tuple[Supervised, ...], tuple[Action, ...]]:
    """How the parts are known after ``answers``, and what is to be done, in this order.

    There is no limit to how often a part is started anew. Once the end was asked for nothing is
    done any more.
    """
    if answers.ending:
        return states, ()
    steps = [look_after(part, answers.parts[part.key], now_s) for part in states]
    after = tuple(part for part, _ in steps)
    actions = tuple(action for _, some in steps for action in some)
    silent_s = now_s - max(part.worked_s for part in after)
    if silent_s > LOST_S or not answers.ray_lives:
        return after, (*actions, GiveUp(ENGINE_LOST))
    return after, actions


def look_after(part: Supervised, answer: Answer, now_s: float) -> Step:
    """One part, whatever has become of the others."""
    match answer:
        case Answered():
            return _heard(part, answer, now_s)
        case Broken(error):
            lost, told = _lost(part, error, now_s) if part.up else (part, ())
            return lost, (*told, Ask(part.key))
        case Unanswered(born) if part.up and born != part.born:
            return _lost(part, "its process is gone", now_s)
        case _ if now_s > part.quiet_until_s:
            return _start_anew(part, "does not answer", now_s)
    return part, ()


def _heard(part: Supervised, said: Answered, now_s: float) -> Step:
    part = replace(
        part,
        process=said.process,
        born=said.born,
        restarts=part.restarts + (said.process != part.process),
    )
    if not said.works:
        cannot = f"cannot be opened ({said.failure})"
        return _start_anew(part, cannot if said.failure else "has stopped working", now_s)
    outage_s = 0.0 if part.up else now_s - part.worked_s
    works = replace(
        part,
        up=True,
        down_s=part.down_s + outage_s,
        worked_s=now_s,
        quiet_until_s=now_s + SILENT_S,
    )
    return works, (Ask(part.key),)


def _lost(part: Supervised, reason: str, now_s: float) -> Step:
    """Ray starts it anew by itself, and it is left alone meanwhile."""
    return _down(part, now_s), (Tell(f"{_name(part)} was lost ({reason})"),)


def _start_anew(part: Supervised, reason: str, now_s: float) -> Step:
    told = Tell(f"{_name(part)} {reason}: it is started anew")
    restart = Restart(part.key, part.process, part.born)
    return _down(part, now_s), (told, Ask(part.key), restart)


def _down(part: Supervised, now_s: float) -> Supervised:
    return replace(part, up=False, quiet_until_s=now_s + SILENT_S + START_S)


def _name(part: Supervised) -> str:
    return " ".join(part.key)
