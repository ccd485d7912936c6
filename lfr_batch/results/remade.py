"""Parts made of other parts: of the same rows in another order, or of some of them.

They are made beside the lake and brought to their places at once; then one manifest takes them in
place of the old, which leave their places (``retire.py``). Whoever is killed before that leaves
files that nobody reads; whoever is killed after it leaves the old ones to the next who comes by.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from lfr_batch.errors import ResultsError, StoreUnreachable
from lfr_batch.results import layout
from lfr_batch.results.columns import SCHEMA_VERSION
from lfr_batch.results.fit import require_fit
from lfr_batch.results.lake import open_parts
from lfr_batch.results.manifest import (
    LakeManifest,
    LakePart,
    RunGroup,
    ShownRun,
    counts_still,
    regrouped,
)
from lfr_batch.results.manifest_log import commit, read_manifest
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import group_rows, rolled, table_rows
from lfr_batch.results.retire import retire
from lfr_batch.results.schemas import PUBLISHED
from lfr_batch.results.sql import parts_explained
from lfr_batch.storage.store import Store

SORTED: Mapping[str, str] = MappingProxyType(
    {
        "runs": "run_id",
        "footage": "run_id, footage_id",
        "segments": "run_id, footage_id, start_s, segment_id",
        "sightings": "subject_id, start_utc NULLS LAST, run_id, sighting_id",
        "candidates": "subject_id, run_id, sighting_id, rank",
        "best_shots": "run_id, sighting_id",
        "evaluations": "run_id, figure_id",
    }
)
"""How the rows of a part that is made anew follow each other: what is asked for together lies
together."""
PART_BYTES = 256 << 20
_TRIES = 20
Result = TypeVar("Result")

REMADE: tuple[str, ...] = ("runs", *PUBLISHED)
"""Datasets of whose rows new parts are made; alerts and reviews stay as they are."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows are to be in new parts: all, unless a dataset's own query says otherwise."""

    where: str = "true"
    """For every dataset; each has ``run_id``."""
    queries: Mapping[str, str] = field(default_factory=dict)
    """In place of ``FROM dataset WHERE where``, by dataset."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Of ``$parameters``."""

    def query(self, dataset: str) -> str:
        asked = self.queries.get(dataset, f"FROM {dataset} WHERE {self.where}")
        return f"FROM ({asked}) ORDER BY {SORTED.get(dataset, 'run_id')}"


EVERYTHING = Choice()
Place = Callable[[str, int], str]
"""From a dataset and the number of a part to where it will be."""


@dataclass(slots=True)
class Made:
    """Parts that are yet to be brought to their places."""

    folder: str
    parts: list[LakePart] = field(default_factory=list)

    def built(self, part: LakePart) -> str:
        return f"{self.folder}/{part.path}"


class Overtaken(Exception):
    """What the parts were made of is not what counts any more."""


@contextmanager
def overtaken_if_gone(store: Store, source: LakeManifest) -> Iterator[None]:
    """A part of ``source`` that cannot be read, where that is not what counts any more, is no
    fault: raises Overtaken."""
    try:
        yield
    except (StoreUnreachable, ResultsError) as error:
        if counts_still(read_manifest(store), source):
            raise
        raise Overtaken from error


def until_still(store: Store, attempt: Callable[[], Result]) -> Result:
    """Again, where somebody else has changed meanwhile what it was made of. Raises
    StoreUnreachable where that is so all the time."""
    for _ in range(_TRIES):
        with suppress(Overtaken):
            return attempt()
    raise StoreUnreachable(
        f"{store.uri} changes all the time: let others come to their end, then try again"
    )


@contextmanager
def making(store: Store, source: LakeManifest) -> Iterator[Made]:
    """Make parts of what ``source`` names, each of which has been looked at before any is read.
    What was made and not brought to its place is gone afterwards.

    Raises ResultsError for a part of another version or with other columns, by name.
    """
    require_fit(store, source.parts())
    made = Made(f"{layout.BUILDING}/{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}")
    try:
        yield made
    finally:
        store.delete(made.folder)


@contextmanager
def opened(store: Store, source: LakeManifest) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(open_parts(store, source)) as connection, parts_explained():
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, dataset: str, choice: Choice) -> Iterator[pa.Table]:
    """A batch at a time, in order."""
    values = {name: v for name, v in choice.values.items() if f"${name}" in choice.query(dataset)}
    found = connection.sql(choice.query(dataset), params=values or None)
    for batch in found.to_arrow_reader(table_rows(dataset)):
        yield pa.Table.from_batches([batch])


def make(
    store: Store,
    connection: duckdb.DuckDBPyConnection,
    made: Made,
    place: Place,
    choice: Choice = EVERYTHING,
    datasets: Sequence[str] = REMADE,
) -> tuple[LakePart, ...]:
    """New parts of the rows that a connection shows, and what they will be called."""
    parts = []
    for dataset in datasets:
        tables = rows(connection, dataset, choice)
        form = part_schema(dataset), group_rows(dataset), PART_BYTES
        for number, data in enumerate(rolled(tables, *form)):
            part = LakePart(dataset, place(dataset, number), len(data), SCHEMA_VERSION)
            store.write_atomic(made.built(part), data)
            parts.append(part)
    made.parts += parts
    return tuple(parts)


def make_group(
    store: Store,
    source: LakeManifest,
    made: Made,
    month: str,
    choice: Choice = EVERYTHING,
    apart: str = "",
) -> RunGroup | None:
    """All runs and groups of ``source`` as one group; None where no row is left. ``apart``: what
    sets it apart where several are made together."""
    group_id = made.folder.rpartition("/")[2] + apart

    def place(dataset: str, number: int) -> str:
        return layout.group_part(dataset, month, group_id, number)

    with opened(store, source) as connection:
        parts = make(store, connection, made, place, choice)
        asked = f"SELECT count(*), min(run_id), max(run_id) FROM ({choice.query('runs')})"
        values = {n: v for n, v in choice.values.items() if f"${n}" in asked}
        ((runs, first, last),) = connection.sql(asked, params=values or None).fetchall()
    return RunGroup(group_id, month, runs, first, last, parts) if runs else None


def bring(
    store: Store,
    made: Made,
    source: LakeManifest,
    groups: Sequence[RunGroup] = (),
    runs: Sequence[ShownRun] = (),
    leave: Callable[[Store], None] = retire,
) -> None:
    """Switch from all that ``source`` names to ``groups`` and ``runs``, whose parts were ``made``;
    what it names is to ``leave`` its places.

    Raises Overtaken, and then nothing is changed: somebody else has changed what was read.
    """

    def change(manifest: LakeManifest) -> LakeManifest:
        after = regrouped(manifest, source.runs.values(), source.groups, groups)
        if after is None:
            raise Overtaken
        if not all(store.exists(part.path) for part in made.parts):
            raise Overtaken  # it was destroyed in the making, with what is to be forgotten
        return replace(after, runs={**after.runs, **{run.run_id: run for run in runs}})

    for part in made.parts:
        store.move(made.built(part), part.path)
    try:
        commit(store, change)
    except BaseException as error:
        if not (_count_by_now(store, made) and isinstance(error, Overtaken)):
            raise
    leave(store)


def _count_by_now(store: Store, made: Made) -> bool:
    """Whether what was made counts in spite of what was raised: an answer may have been lost. What
    does not goes."""
    named = read_manifest(store).paths
    lost = [part.path for part in made.parts if part.path not in named]
    for path in lost:
        store.delete(path)
    return bool(made.parts) and not lost
