"""Which files of a folder that is watched are whole, and which are still on their way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lfr_batch.footage.places import ObjectState
from lfr_batch.records import NS_PER_S, FootageEntry

ON_ITS_WAY = (".part", ".partial", ".filepart", ".crdownload", ".download", ".upload", ".tmp")
"""Endings that programs give to a file until they have copied all of it."""
LONGEST_PAUSE = 512
"""Ticks, at most, until what could not be searched to its end is tried again."""

States = Mapping[str, ObjectState]
"""How files stand, by uri; nothing of one that could not be looked at."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A file that was in a run of this watch and has no final verdict."""

    state: ObjectState | None
    times: int
    again_at: int
    """Number of the tick."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a watch knows from one tick to the next; all of it may be lost."""

    states: States = field(default_factory=dict)
    tried: Mapping[str, Tried] = field(default_factory=dict)


def waiting(
    entries: Iterable[FootageEntry], states: States, before: States, now_ns: int, still_s: float
) -> dict[str, str]:
    """Why a file is not searched yet, by its uri.

    A file is still where it has not changed since the tick before, or for ``still_s`` by the
    clock of this machine: a share whose clock is behind makes files look older, and what is then
    searched too soon is another file when it has grown. An object in a bucket is there at once.
    """
    listed = list(entries)
    unfinished = {_without_ending(e.uri) for e in listed if _without_ending(e.uri)}
    found: dict[str, str] = {}
    for entry in listed:
        why = _why(entry.uri, states.get(entry.uri), before.get(entry.uri), now_ns, still_s)
        if entry.uri in unfinished:
            why = "it is still being copied: there is a part of it beside it"
        if why:
            found[entry.uri] = why
    return found


def _why(
    uri: str, now: ObjectState | None, before: ObjectState | None, now_ns: int, still_s: float
) -> str | None:
    if _without_ending(uri):
        return "by its name it is still being copied"
    if now is None or now.modified_ns is None or now == before:
        return None
    if before and before.bytes != now.bytes:
        return f"it is still written to: it had {before.bytes} bytes and has {now.bytes}"
    age_s = (now_ns - max(now.modified_ns, now.changed_ns or 0)) / NS_PER_S
    return None if age_s >= still_s else f"it was changed {max(age_s, 0.0):.0f} s ago"


def _without_ending(uri: str) -> str:
    """The name that a file will have that is on its way; '' of others."""
    ending = next((each for each in ON_ITS_WAY if uri.lower().endswith(each)), "")
    return uri[: -len(ending)] if ending else ""


def put_off(tried: Mapping[str, Tried], states: States, tick: int) -> dict[str, str]:
    """Why a file that was tried is left alone for now, by its uri: where nothing has changed, it is
    tried at ever longer intervals."""
    return {
        uri: f"it was not searched to its end, and is tried again in {each.again_at - tick} ticks"
        for uri, each in tried.items()
        if tick < each.again_at and states.get(uri) == each.state
    }


def tried_now(
    before: Mapping[str, Tried], uris: Iterable[str], states: States, tick: int
) -> dict[str, Tried]:
    """What is to be remembered of files that are in the run of this tick."""
    found: dict[str, Tried] = {}
    for uri in uris:
        known, state = before.get(uri), states.get(uri)
        times = known.times + 1 if known and known.state == state else 1
        pause = min(2 ** min(times - 1, 20), LONGEST_PAUSE)
        found[uri] = Tried(state, times, tick + pause)
    return found
