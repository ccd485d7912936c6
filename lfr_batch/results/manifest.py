"""The manifest: which files are the lake, at one moment. Pure.

It names the live parts of every dataset but alerts and reviews, the version of the schemas that
each part was written with, and whose they are: a run's, or a group's of runs that were compacted.
What it does not name is not read, wherever it lies. The next manifest takes its place as a whole,
so what is published, compacted or forgotten is so in all datasets at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any

from lfr_batch.errors import ResultsError, ResultsTooNew
from lfr_batch.results import layout

FORM = 1
"""Of the manifest itself; programs refuse one that is higher than their own."""


@dataclass(frozen=True, slots=True)
class LakePart:
    dataset: str
    path: str
    """Below the lake's root."""
    bytes: int
    schema: int
    """Version of the schemas that it was written with."""


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run whose parts are its own: one that is under way, or was not compacted yet."""

    run_id: str
    month: str
    """In which it was started, UTC, like ``2026-01``."""
    finished: bool
    """Whether its last row says that it came to an end, with results or without."""
    row: LakePart
    """Its last row in ``runs``."""
    epoch: str | None = None
    """Whose parts ``parts`` are; None before any were published."""
    parts: tuple[LakePart, ...] = ()
    aside: tuple[LakePart, ...] = ()
    """Of a run that is withheld: its row and parts of before, which nobody reads."""

    @property
    def key(self) -> str:
        return self.run_id

    @property
    def all_parts(self) -> tuple[LakePart, ...]:
        return (self.row, *self.parts)

    @property
    def files(self) -> tuple[LakePart, ...]:
        """Also those that nobody reads."""
        return (*self.all_parts, *self.aside)

    @property
    def before(self) -> ShownRun:
        """The run as it was before it was withheld, or as it is."""
        if not self.aside:
            return self
        (row,) = (part for part in self.aside if part.dataset == "runs")
        others = tuple(part for part in self.aside if part.dataset != "runs")
        return replace(self, row=row, parts=others, aside=())

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.all_parts)


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Finished runs whose rows are together in sorted parts."""

    group_id: str
    month: str
    runs: int
    first_run: str
    """Of their ids in order of text, by which a run is looked for."""
    last_run: str
    parts: tuple[LakePart, ...]

    @property
    def key(self) -> str:
        return self.group_id

    @property
    def all_parts(self) -> tuple[LakePart, ...]:
        return self.parts

    @property
    def files(self) -> tuple[LakePart, ...]:
        return self.parts

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    def may_hold(self, run_id: str) -> bool:
        return self.first_run <= run_id <= self.last_run


@dataclass(frozen=True, slots=True)
class LakeManifest:
    number: int = 0
    """0: there is none yet."""
    runs: Mapping[str, ShownRun] = field(default_factory=dict)
    groups: tuple[RunGroup, ...] = ()
    retiring: tuple[str, ...] = ()
    """Files that this manifest does not name any more and that are yet to leave their places."""

    @property
    def owners(self) -> Iterator[ShownRun | RunGroup]:
        yield from self.runs.values()
        yield from self.groups

    def parts(self, dataset: str | None = None) -> Iterator[LakePart]:
        """Of one dataset, or of all."""
        for owner in self.owners:
            yield from (part for part in owner.all_parts if dataset in (None, part.dataset))

    @property
    def paths(self) -> frozenset[str]:
        """Of all files, also those that nobody reads."""
        return frozenset(part.path for owner in self.owners for part in owner.files)

    @property
    def unveiled(self) -> LakeManifest:
        """With what is withheld as it was before: for whoever forgets some of it."""
        return replace(self, runs={run_id: run.before for run_id, run in self.runs.items()})

    def groups_of(self, run_id: str) -> tuple[RunGroup, ...]:
        """Those that may hold a run that is none of ``runs``."""
        if run_id in self.runs:
            return ()
        return tuple(group for group in self.groups if group.may_hold(run_id))

    def about(self, run_id: str) -> LakeManifest:
        """What may hold anything of one run, and nothing else."""
        own = {run_id: self.runs[run_id]} if run_id in self.runs else {}
        return replace(self, runs=own, groups=self.groups_of(run_id), retiring=())


def with_run(manifest: LakeManifest, shown: ShownRun) -> LakeManifest:
    """A run as it is now. Of a holder that was overtaken nothing is taken over. What is not of the
    run any more is to leave its place."""
    known, said = manifest.runs.get(shown.run_id), shown
    if known and layout.row_order(shown.row.path) < layout.row_order(known.row.path):
        shown = replace(known, epoch=shown.epoch, parts=shown.parts)
    if known and known.epoch and known.epoch > (shown.epoch or ""):
        shown = replace(shown, epoch=known.epoch, parts=known.parts)
    counts = {part.path for part in shown.files}
    before = [*(known.files if known else ()), *said.files]
    gone = {part.path for part in before}.difference(counts, manifest.retiring)
    runs = {**manifest.runs, shown.run_id: shown}
    return replace(manifest, runs=runs, retiring=(*manifest.retiring, *sorted(gone)))


def regrouped(
    manifest: LakeManifest,
    runs: Iterable[ShownRun],
    groups: Iterable[RunGroup],
    into: Iterable[RunGroup],
) -> LakeManifest | None:
    """With ``into`` in place of ``runs`` and ``groups``; None where one of those is not as it was.

    Their files are to leave their places.
    """
    taken, old = {run.run_id: run for run in runs}, tuple(groups)
    if any(manifest.runs.get(run_id) != run for run_id, run in taken.items()):
        return None
    if not set(old) <= set(manifest.groups):
        return None
    left = {each: shown for each, shown in manifest.runs.items() if each not in taken}
    kept = tuple(group for group in manifest.groups if group not in old)
    before: tuple[ShownRun | RunGroup, ...] = (*taken.values(), *old)
    gone = [part.path for owner in before for part in owner.files]
    return replace(manifest, runs=left, groups=(*kept, *into), retiring=(*manifest.retiring, *gone))


def counts_still(manifest: LakeManifest, source: LakeManifest) -> bool:
    """Whether the runs and groups of ``source`` are as they were."""
    return regrouped(manifest, source.runs.values(), source.groups, ()) is not None


def to_json(manifest: LakeManifest, written: Mapping[str, Any] = MappingProxyType({})) -> bytes:
    """``parts`` are those of all runs and groups in one list, for whoever reads the lake in SQL."""
    runs = [_owned(run) for run in manifest.runs.values()]
    groups = [_owner(group, "parts") for group in manifest.groups]
    parts = [
        {**asdict(part), "of": owner.key} for owner in manifest.owners for part in owner.all_parts
    ]
    said = {
        "form": FORM,
        **written,
        "number": manifest.number,
        "parts": parts,
        "runs": runs,
        "groups": groups,
        "retiring": manifest.retiring,
    }
    return json.dumps(said, separators=(",", ":")).encode()


def _owned(run: ShownRun) -> dict[str, Any]:
    """What is kept aside is not among the parts that whoever reads the lake in SQL goes by."""
    said = _owner(run, "row", "parts", "aside")
    return {**said, "aside": [asdict(part) for part in run.aside]} if run.aside else said


def _owner(record: ShownRun | RunGroup, *without: str) -> dict[str, Any]:
    names = [name for name in record.__dataclass_fields__ if name not in without]
    return {name: getattr(record, name) for name in names}


def from_json(data: bytes, path: str) -> LakeManifest:
    """Raises ResultsTooNew for one of a newer form, ResultsError for one that is damaged; they name
    its ``path``."""
    try:
        said = json.loads(data)
        if said["form"] > FORM:
            raise ResultsTooNew(
                f"{path}, the manifest of these results, has form {said['form']}, this version "
                f"knows {FORM}: upgrade lfr-batch"
            )
        parts: dict[str, list[LakePart]] = {}
        for each in said["parts"]:
            owner = each.pop("of")
            parts.setdefault(owner, []).append(LakePart(**each))
        return LakeManifest(
            number=said["number"],
            runs={run["run_id"]: _run(run, parts.get(run["run_id"], [])) for run in said["runs"]},
            groups=tuple(
                RunGroup(**group, parts=tuple(parts.get(group["group_id"], ())))
                for group in said["groups"]
            ),
            retiring=tuple(said["retiring"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultsError(
            f"{path}, which names the files of these results, is damaged ({error}): restore it "
            "from a copy, or `lfr lake check --rebuild` makes one of the files that are there"
        ) from error


def _run(said: Mapping[str, Any], parts: list[LakePart]) -> ShownRun:
    (row,) = (part for part in parts if part.dataset == "runs")
    others = tuple(part for part in parts if part.dataset != "runs")
    aside = tuple(LakePart(**each) for each in said.get("aside", ()))
    return ShownRun(**{**said, "aside": aside}, row=row, parts=others)
