"""Of the footage that was found, what is to be searched now, what was before, and what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import NamedTuple

from lfr_batch.config.schema import Config
from lfr_batch.footage.places import ObjectState
from lfr_batch.footage.state_id import state_id
from lfr_batch.models.settled import in_words
from lfr_batch.records import FootageEntry
from lfr_batch.results.already import Already, Otherwise
from lfr_batch.results.rates import measured_rate
from lfr_batch.results.run_state import RunRequest
from lfr_batch.scanning.forecast import Forecast, forecast
from lfr_batch.scanning.known import states_of
from lfr_batch.scanning.plan import FoundFootage
from lfr_batch.storage.store import Store
from lfr_batch.work.machine import FindMachine
from lfr_batch.work.workers import sized


class Sought(NamedTuple):
    """What decides which footage was searched before."""

    case_ref: str
    gallery: str
    search_key: str
    """As ``runs.search_key``; '' where it is not known: then nothing was."""
    config_hash: str
    computed_on: str | None
    """As ``runs.computed_on``; None: as by the last run with these settings."""


def asked_by(request: RunRequest) -> Sought:
    computed_on = in_words(request.settled) if request.settled else None
    key = request.search_key or ""
    return Sought(request.case_ref, request.gallery, key, request.config_hash, computed_on)


@dataclass(frozen=True, slots=True)
class Again:
    """Footage that the case has searched before, with other settings or another gallery snapshot.

    Templates of people who matched nobody are not kept, so all of it is searched anew.
    """

    files: int
    snapshots: tuple[str, ...]
    """Of the gallery, with which it was searched last."""
    versions: tuple[str, ...]
    """Of lfr-batch, as well."""
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Sifted:
    """What became of what was found."""

    found: FoundFootage
    """Its entries are those to be searched now."""
    under_way: Mapping[str, int]
    """Files that another run is searching at this moment: how many, by that run."""
    waiting: Mapping[str, str]
    """Why a file is not searched yet, by its uri."""
    states: Mapping[str, ObjectState]
    """How files stand, by uri."""
    again: Again | None
    """None: nothing is searched again."""

    @property
    def searched_before(self) -> int:
        return sum((self.found.searched_before or {}).values())


Waiting = Callable[[Sequence[FootageEntry], Mapping[str, ObjectState]], Mapping[str, str]]
"""Why files are not searched yet, by uri."""


def nothing_waits(_: Sequence[FootageEntry], __: Mapping[str, ObjectState]) -> Mapping[str, str]:
    """Of what is asked for once: there is no later look."""
    return {}


def sift(
    found: FoundFootage,
    asked: Sought,
    config: Config,
    store: Store,
    find_machine: FindMachine,
    waiting: Waiting = nothing_waits,
) -> Sifted:
    """Raises StoreError, ResultsError."""
    states = states_of(found.entries, found.states, config.s3)
    with closing(Already(store, config.s3, asked.case_ref, asked.search_key)) as already:
        left, before = _unknown(found.entries, states, already.by_state())
        now = already.under_way() if left else {}
        under_way = Counter(now[entry.uri] for entry in left if entry.uri in now)
        left = [entry for entry in left if entry.uri not in now]
        late = waiting(left, states)
        left = [entry for entry in left if entry.uri not in late]
        known = already.otherwise(asked.gallery) if left else {}
    again = [known[entry.uri] for entry in left if entry.uri in known]
    return Sifted(
        replace(found, entries=tuple(left), searched_before=before),
        under_way,
        late,
        states,
        _again(again, asked, config, store, find_machine) if again else None,
    )


def _unknown(
    entries: Sequence[FootageEntry],
    states: Mapping[str, ObjectState],
    by_state: Mapping[str, str],
) -> tuple[list[FootageEntry], Mapping[str, int]]:
    """What nobody has searched, and how much else was, by the run that did."""
    left: list[FootageEntry] = []
    before = Counter[str]()
    for entry in entries:
        state = states.get(entry.uri)
        name = state_id(entry, state, state.changed_ns) if state else None
        if name and name in by_state:
            before[by_state[name]] += 1
        else:
            left.append(entry)
    return left, before


def _again(
    known: Sequence[Otherwise],
    asked: Sought,
    config: Config,
    store: Store,
    find_machine: FindMachine,
) -> Again:
    rate = measured_rate(store, config.s3, asked.config_hash, asked.computed_on)
    workers = sized(config.engine, find_machine(config)).workers
    expected = forecast(sum(each.searched_s or 0.0 for each in known), rate, workers)
    return Again(
        len(known),
        tuple(sorted({each.gallery_snapshot for each in known})),
        tuple(sorted({each.software_version for each in known})),
        expected,
    )
