"""Files are probed where their decoders can do no harm, many at once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from lfr_batch.config.schema import Config, FootageConfig
from lfr_batch.footage.catalogue import probe, unprobed
from lfr_batch.models.devices import available_cores
from lfr_batch.records import FootageAsset, FootageEntry
from lfr_batch.work.attempts import (
    ATTEMPTS,
    MOST_AWAY,
    MOST_NODES,
    Runner,
    Tell,
    WorkKind,
    run_with_attempts,
)
from lfr_batch.work.limits import Limits
from lfr_batch.work.lost import Lost, Why
from lfr_batch.work.machine import item_limits
from lfr_batch.work.privacy import protect_files

PROBES_PER_CORE = 4
"""Probing waits for disks and networks more than it computes."""


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """All that is needed to probe a file; picklable."""

    config: Config

    @property
    def limits(self) -> Limits:
        """Of a file. All that are probed at once have the memory together: few need much."""
        return replace(item_limits(self.config), memory_is_shared=True)

    def media_s(self, _: object) -> float:
        """No more is read of long footage than of short."""
        return 0.0


Numbered = tuple[int, FootageEntry]
"""An entry, and its place among all."""
Held = tuple[int, tuple[FootageAsset, ...]]
"""What the entry at that place holds."""


def probe_all(
    run: Runner, entries: Sequence[FootageEntry], config: Config, tell: Tell
) -> Generator[Held]:
    """What each entry holds, as they come: one that is tried again keeps nobody waiting."""
    together = max(1, min(PROBES_PER_CORE * available_cores(), len(entries)))
    probing: WorkKind[ProbeSpec, Numbered, Held] = WorkKind(
        open_prober,
        item_key=lambda numbered: numbered[0],
        result_key=lambda held: held[0],
        again=lambda numbered, _: numbered,
        give_up=partial(_given_up, config.footage),
    )
    numbered = list(enumerate(entries))
    return run_with_attempts(run, probing, ProbeSpec(config), numbered, together, tell)


def open_prober(spec: ProbeSpec) -> Callable[[Numbered], Held]:
    protect_files()
    return partial(_probed, spec.config)


def _probed(config: Config, numbered: Numbered) -> Held:
    number, entry = numbered
    return number, probe(entry, config.footage, config.s3)


def _given_up(footage: FootageConfig, numbered: Numbered, lost: Lost[Numbered]) -> Held:
    number, entry = numbered
    said = f" ({lost.said})" if lost.said else ""
    asset = unprobed(entry, footage, f"{entry.uri}: {_REASONS[lost.why]}{said}")
    return number, (replace(asset, retryable=lost.why in {"node", "store"}),)


_REASONS: Mapping[Why, str] = {
    "died": f"its decoder died in each of {ATTEMPTS} attempts to see what it is",
    "limit": "to see what it is takes more than the limits allow",
    "beside": f"its decoder died in each of {ATTEMPTS} attempts to see what it is",
    "node": f"its machine was lost in each of {MOST_NODES} attempts to see what it is",
    "store": f"it could not be read in {MOST_AWAY} attempts, while other footage could",
}
