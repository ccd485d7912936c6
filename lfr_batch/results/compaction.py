"""Which runs are worth putting together, and with which groups. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lfr_batch.results.manifest import LakeManifest, RunGroup, ShownRun

PAYS_RUNS = 32
"""Runs that can be compacted, from which on it is done without being asked for."""
SMALL_BYTES = 32 << 20
"""A run whose files are longer stays as it is: its parts are as good as a group's."""
WHOLE_BYTES = 64 << 20
"""A group that is longer is not made anew for a few runs more."""
BATCH_BYTES = 256 << 20
"""Of what is put together at once, about: the pictures of a batch are sorted in memory."""
BATCH_RUNS = 1000
GROUPS = 4
"""Small groups of a month, from which on they are made one."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What becomes one group."""

    month: str
    runs: tuple[ShownRun, ...]
    groups: tuple[RunGroup, ...]

    @property
    def source(self) -> LakeManifest:
        return LakeManifest(runs={run.run_id: run for run in self.runs}, groups=self.groups)

    @property
    def source_bytes(self) -> int:
        return sum(owner.bytes for owner in self.source.owners)


def can_be_compacted(run: ShownRun) -> bool:
    """Whether it has come to an end, and is small."""
    return run.finished and run.bytes <= SMALL_BYTES


def pays(manifest: LakeManifest) -> bool:
    return sum(map(can_be_compacted, manifest.runs.values())) >= PAYS_RUNS


def batches(manifest: LakeManifest, everything: bool = False) -> list[Batch]:
    """In order of month. ``everything``: also a few runs, and small groups of one month.

    A month's runs become one group, with the small ones there are if those have become many, so
    that each row is written anew a few times in its life and not at every compaction.
    """
    runs, groups = _by_month(manifest)
    found: list[Batch] = []
    for month in sorted({*runs, *groups}):
        few = len(groups[month]) < (2 if everything else GROUPS)
        small = [] if few and not (everything and runs[month]) else groups[month]
        found += _cut(month, runs[month], small)
    return [batch for batch in found if batch.runs or len(batch.groups) > 1]


def _by_month(
    manifest: LakeManifest,
) -> tuple[defaultdict[str, list[ShownRun]], defaultdict[str, list[RunGroup]]]:
    runs: defaultdict[str, list[ShownRun]] = defaultdict(list)
    groups: defaultdict[str, list[RunGroup]] = defaultdict(list)
    for run in filter(can_be_compacted, manifest.runs.values()):
        runs[run.month].append(run)
    for group in manifest.groups:
        if group.bytes < WHOLE_BYTES:
            groups[group.month].append(group)
    return runs, groups


def _cut(month: str, runs: Iterable[ShownRun], groups: Sequence[RunGroup]) -> list[Batch]:
    """Groups go with the first batch."""
    found, taken, size = [], list[ShownRun](), sum(group.bytes for group in groups)
    waiting = tuple(groups)
    for run in sorted(runs, key=lambda each: each.run_id):
        if taken and (size + run.bytes > BATCH_BYTES or len(taken) >= BATCH_RUNS):
            found.append(Batch(month, tuple(taken), waiting))
            taken, size, waiting = [], 0, ()
        taken.append(run)
        size += run.bytes
    return [*found, Batch(month, tuple(taken), waiting)]
