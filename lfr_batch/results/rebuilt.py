"""A manifest made of the files that are there, for a lake whose own is damaged or lost.

What a file is, its name and its end say. Which of two counts that hold the same run, they do not:
one may be what is left of something that was forgotten. Then a person decides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from lfr_batch.errors import ResultsError
from lfr_batch.results import layout
from lfr_batch.results.adopted import adopted
from lfr_batch.results.damage import publish_again
from lfr_batch.results.ends import Ends, ends_of, version_in
from lfr_batch.results.lake_version import check_lake, known_id, lake_version
from lfr_batch.results.manifest import LakeManifest, LakePart, RunGroup, ShownRun
from lfr_batch.results.manifest_log import is_sound, newest_number, write_next
from lfr_batch.results.marking import furnish
from lfr_batch.results.migrations import OLDEST
from lfr_batch.results.parts import iterate_part
from lfr_batch.results.run_log import WITHHELD
from lfr_batch.results.schemas import PUBLISHED
from lfr_batch.storage.store import Store

_GROUPED = re.compile(r"[a-z_]+/month=([^/]+)/(.+)-\d{5}\.parquet")
_MADE = re.compile(r"-?part-\d{5}(-[0-9a-f]+)?\.parquet$")
"""At once, or again by a forgetting."""

Row = tuple[str, int]
"""Epoch and revision, by which rows of one run follow each other."""
Grouped = Mapping[str, tuple[RunGroup, Row]]
"""A group that holds a run, and the run's row in it, by run."""


def rebuild(store: Store) -> LakeManifest | None:
    """Where the manifest is damaged or lost, make one, and what views need beside it in any case.
    None where the manifest is sound: it is left as it is.

    Raises ResultsError for files that hold the same run and for a damaged one, by name, and then
    there is no new manifest; ResultsTooNew, StoreUnreachable, StoreFull.
    """
    check_lake(store)
    if (lake_id := known_id(store)) and (lake_version(store) or 0) > OLDEST:
        furnish(store, lake_id)
    if is_sound(store):
        return None
    made = replace(of_files(store), number=newest_number(store) + 1)
    if not write_next(store, made):
        raise ResultsError(f"another process has written a manifest of {store.uri}: try again")
    return made


def of_files(store: Store) -> LakeManifest:
    """What the files below a root are by themselves. Raises ResultsError, as ``rebuild``."""
    end_of, grouped = ends_of(store), dict[str, tuple[RunGroup, Row]]()
    for group, rows in _groups(store, end_of):
        for run_id, row in rows.items():
            if run_id in grouped:
                raise _twice(store, run_id, grouped[run_id][0].parts[0], group.parts[0])
            grouped[run_id] = group, row
    aside = _aside(store, end_of)
    runs = [
        _veiled(_with_versions(run, end_of), aside.get(run.run_id, ()))
        for run in adopted(store).runs.values()
    ]
    alone = {run.run_id: run for run in runs if _counts(store, run, grouped)}
    groups = {group.group_id: group for group, _ in grouped.values()}
    return LakeManifest(runs=alone, groups=tuple(groups.values()))


def _with_versions(run: ShownRun, end_of: Ends) -> ShownRun:
    parts = tuple(_with_version(part, end_of) for part in run.parts)
    return replace(run, row=_with_version(run.row, end_of), parts=parts)


def _with_version(part: LakePart, end_of: Ends) -> LakePart:
    return replace(part, schema=version_in(end_of(part.path)) or OLDEST)


def _aside(store: Store, end_of: Ends) -> Mapping[str, tuple[LakePart, ...]]:
    """What is kept of runs that are withheld. Raises ResultsError."""
    found: defaultdict[str, dict[str, list[LakePart]]] = defaultdict(dict)
    for path, size in store.sizes(layout.WITHHELD).items():
        _, _, token, dataset, *_ = path.split("/")
        part = _with_version(LakePart(dataset, path, size, OLDEST), end_of)
        found[layout.run_id_of(path) or ""].setdefault(token, []).append(part)
    for run_id, times in found.items():
        if len(times) > 1:
            raise _twice(store, run_id, *(parts[0] for parts in list(times.values())[:2]))
    return {run_id: tuple(*times.values()) for run_id, times in found.items()}


def _veiled(run: ShownRun, aside: tuple[LakePart, ...]) -> ShownRun:
    if (layout.run_file_parts(run.row.path) or ("", 0, ""))[2] != WITHHELD or not aside:
        return run
    epochs = (layout.epoch_of(part.path) for part in aside if part.dataset != "runs")
    return replace(run, epoch=max(epochs, default=None), parts=(), aside=aside)


def _counts(store: Store, run: ShownRun, grouped: Grouped) -> bool:
    """Whether a run's own files do, or are what a compaction left."""
    made = {found[1]: part for part in run.parts if (found := _MADE.search(part.path))}
    if len(made) > 1:
        raise _twice(store, run.run_id, *list(made.values())[:2])
    if run.run_id not in grouped:
        return True
    group, row = grouped[run.run_id]
    if run.parts or layout.row_order(run.row.path) > row:
        raise _twice(store, run.run_id, run.row, group.parts[0])
    return False


def _groups(store: Store, end_of: Ends) -> Iterator[tuple[RunGroup, Mapping[str, Row]]]:
    parts: defaultdict[tuple[str, str], list[LakePart]] = defaultdict(list)
    for dataset in ("runs", *PUBLISHED):
        for path, size in store.sizes(dataset).items():
            if found := _GROUPED.fullmatch(path):
                part = _with_version(LakePart(dataset, path, size, OLDEST), end_of)
                parts[found[1], found[2]].append(part)
    for (month, group_id), of_group in parts.items():
        rows = dict(_rows(store, of_group))
        if rows:
            yield (
                RunGroup(group_id, month, len(rows), min(rows), max(rows), tuple(of_group)),
                rows,
            )


def _rows(store: Store, parts: Iterable[LakePart]) -> Iterator[tuple[str, Row]]:
    names = ("run_id", "epoch", "revision")
    for part in parts:
        if part.dataset == "runs":
            for row in iterate_part(store, part.path, publish_again(part.path), names):
                yield row["run_id"], (row["epoch"] or layout.NO_EPOCH, row["revision"])


def _twice(store: Store, run_id: str, one: LakePart, other: LakePart) -> ResultsError:
    return ResultsError(
        f"{one.path} and {other.path} are both of run {run_id}, and one of them may be left of "
        f"what was forgotten: look which counts, take the other and what belongs to it out of "
        f"{store.uri}, then try again"
    )
