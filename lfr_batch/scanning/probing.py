"""Files are probed where their decoders can do no harm, many at once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from lfr_batch.config.schema import Config, EngineConfig, FootageConfig
from lfr_batch.errors import LfrError
from lfr_batch.footage.catalogue import probe, unprobed
from lfr_batch.footage.sources import source_of
from lfr_batch.models.devices import available_cores
from lfr_batch.records import FootageAsset, FootageEntry
from lfr_batch.work.attempts import (
    ATTEMPTS,
    MOST_AWAY,
    MOST_NODES,
    Runner,
    Tell,
    WorkKind,
    never,
    run_with_attempts,
)
from lfr_batch.work.here import run_here
from lfr_batch.work.limits import Limits
from lfr_batch.work.lost import Lost, Why
from lfr_batch.work.machine import item_limits
from lfr_batch.work.privacy import protect_files

PROBES_PER_CORE = 4
"""Probing waits for disks and networks more than it computes."""
HASHED_BYTES_S = 20_000_000
"""That count as a second of footage. With the limits' own defaults a file may be read at 1 MB/s: a
slow share that many files are read from at once."""


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """All that is needed to probe a file; picklable."""

    config: Config
    unread: bool = False
    """As ``catalogue.probe``."""

    @property
    def limits(self) -> Limits:
        """Of a file. All that are probed at once have the memory together: few need much."""
        return replace(item_limits(self.config), memory_is_shared=True)

    def media_s(self, entries: Sequence[Numbered]) -> float:
        """What is read of a file counts as footage: on a disk all of it, for its hash. Of long
        footage in a bucket no more is read than of short."""
        return sum(self._bytes(each) for each in entries) / HASHED_BYTES_S

    def _bytes(self, numbered: Numbered) -> int:
        """0 of a file that this machine cannot look at."""
        with suppress(LfrError, OSError, ValueError):
            path = source_of(numbered.uri, self.config.s3).path
            return path.stat().st_size if path else 0
        return 0


@dataclass(frozen=True, slots=True)
class Numbered:
    """An entry, and its place among all."""

    number: int
    entry: FootageEntry

    @property
    def uri(self) -> str:
        return self.entry.uri


class ProbedFile(NamedTuple):
    """What the entry at a place holds."""

    number: int
    assets: tuple[FootageAsset, ...]
    given_up: bool = False
    """Nobody came to an end with it."""


@dataclass(frozen=True, slots=True)
class Probers:
    """What files are probed on."""

    run: Runner
    together: int = 0
    """Files that each worker has at once; 0: as suits this machine."""
    nearby: Runner | None = None
    """On this machine, where ``run`` is elsewhere: there a file may be out of reach that was listed
    here."""


OpenProbers = Callable[[EngineConfig, int, Tell], AbstractContextManager[Probers]]
"""Given how many files there are to probe. What it is told of the work is for the operator."""


@contextmanager
def probers_here(_: EngineConfig, __: int, ___: Tell) -> Iterator[Probers]:
    """In this process."""
    yield Probers(run_here)


def probe_all(
    probers: Probers,
    entries: Sequence[Numbered],
    config: Config,
    tell: Tell,
    stopping: Callable[[], bool] = never,
    *,
    unread: bool = False,
) -> Generator[ProbedFile]:
    """What each entry holds, as they come: one that is tried again keeps nobody waiting.

    ``entries`` are in order of number. What workers elsewhere cannot get at, this machine looks for
    itself. Once ``stopping`` says so the rest has no answer.
    """
    apart: list[Numbered] = []
    spec = ProbeSpec(config, unread)
    with closing(_probed_by(probers.run, probers.together, entries, spec, tell, stopping)) as each:
        for held in each:
            if probers.nearby and _is_out_of_reach(held):
                apart.append(entries[bisect_left(entries, held.number, key=_number)])
            else:
                yield held
    if probers.nearby and apart:
        of = f"{len(apart)} of {len(entries)} files"
        tell(f"Out of reach of the cluster's nodes, so that this machine tries: {of}.")
        yield from _probed_by(probers.nearby, 0, apart, spec, tell, stopping)


def _number(numbered: Numbered) -> int:
    return numbered.number


def _is_out_of_reach(held: ProbedFile) -> bool:
    """Whether not even the file's size is known."""
    first = held.assets[0]
    return first.status == "failed" and first.bytes is None and not held.given_up


def _probed_by(
    run: Runner,
    together: int,
    entries: Sequence[Numbered],
    spec: ProbeSpec,
    tell: Tell,
    stopping: Callable[[], bool],
) -> Generator[ProbedFile]:
    together = together or max(1, min(PROBES_PER_CORE * available_cores(), len(entries)))
    probing: WorkKind[ProbeSpec, Numbered, ProbedFile] = WorkKind(
        open_prober,
        item_key=_number,
        result_key=lambda held: held.number,
        again=lambda numbered, _: numbered,
        give_up=partial(_given_up, spec.config.footage),
    )
    return run_with_attempts(run, probing, spec, entries, together, tell, stopping=stopping)


def open_prober(spec: ProbeSpec) -> Callable[[Numbered], ProbedFile]:
    protect_files()
    return partial(_probed, spec)


def _probed(spec: ProbeSpec, numbered: Numbered) -> ProbedFile:
    config = spec.config
    held = probe(numbered.entry, config.footage, config.s3, unread=spec.unread)
    return ProbedFile(numbered.number, held)


def _given_up(footage: FootageConfig, numbered: Numbered, lost: Lost[Numbered]) -> ProbedFile:
    entry = numbered.entry
    said = f" ({lost.said})" if lost.said else ""
    what = f"{entry.uri}: {_REASONS[lost.why]}{said}; {_WAYS_OUT[lost.why]}"
    asset = unprobed(entry, footage, what)
    asset = replace(asset, retryable=lost.why in {"node", "store"})
    return ProbedFile(numbered.number, (asset,), given_up=True)


_REASONS: Mapping[Why, str] = {
    "died": f"its decoder died in each of {ATTEMPTS} attempts to see what it is",
    "limit": "to see what it is takes more than the limits allow",
    "beside": f"its decoder died in each of {ATTEMPTS} attempts to see what it is",
    "node": f"its machine was lost in each of {MOST_NODES} attempts to see what it is",
    "store": f"it could not be read in {MOST_AWAY} attempts, while other footage could",
}

_AGAIN, _ANOTHER = "`lfr resume` tries it again", "export it once more, or as another kind of file"
_WAYS_OUT: Mapping[Why, str] = {
    "died": _ANOTHER,
    "limit": "scan it anew with more of it (--set)",
    "beside": _ANOTHER,
    "node": _AGAIN,
    "store": _AGAIN,
}
