"""What changed in the columns of a dataset, version by version: how parts of before are read. Pure.

A part is written with the columns of one version of the schemas (its metadata say which, and so
does the manifest), and never again. Views and compaction read it through ``projection``, which
leads from that version to this one. A change of a schema is one line of ``CHANGES``, added at its
end; tests read a lake of every released version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from lfr_batch.results.columns import FLOATS, SCHEMA_VERSION
from lfr_batch.results.schemas import DATASETS, LIVE_DATASETS, PUBLISHED

OLDEST = 2
"""Lakes of version 1 are read as of version 2, which but added columns and names of files."""
WITHOUT_RUN_ID = 2
"""The last version whose parts have their run in their path alone."""
LIVE_VERSION = 2
"""That of alerts and reviews: each is one part and is deleted as one, so none is ever rewritten,
and parts of all versions are read side by side."""


@dataclass(frozen=True, slots=True)
class Added:
    """Null in parts of before."""

    since: int
    dataset: str
    column: str


@dataclass(frozen=True, slots=True)
class Renamed:
    since: int
    dataset: str
    column: str
    before: str


@dataclass(frozen=True, slots=True)
class Retyped:
    since: int
    dataset: str
    column: str
    before: pa.DataType
    sql: Callable[[str], str]
    """From the SQL of the column as it was to the SQL of what it is."""


Change = Added | Renamed | Retyped


def _box(was: str) -> str:
    sides = f"'left': {was}[1], 'top': {was}[2], 'right': {was}[3], 'bottom': {was}[4]"
    return f"CASE WHEN {was} IS NOT NULL THEN {{{sides}}} END"


CHANGES: Sequence[Change] = (
    *(Retyped(3, name, "box", FLOATS, _box) for name in ("sightings", "best_shots", "alerts")),
    Added(3, "best_shots", "thumbnail"),
    *(
        Added(3, "runs", name)
        for name in ("forgotten", "search_key", "searched_before", "standing")
    ),
    *(Added(3, "footage", name) for name in ("state_id", "known_from")),
    *(
        Added(3, "runs", name)
        for name in ("score_kind", "threshold_method", "expected_fpir_low", "expected_fpir_high")
    ),
    Added(3, "runs", "authorisation_id"),
    *(Added(3, name, "relative_score") for name in ("sightings", "candidates")),
    *(Added(3, "best_shots", name) for name in ("further", "further_jpegs")),
)
"""In the order in which they came to be."""


Kind = tuple[str, int]
"""A dataset, and the version of the schemas that parts of it were written with."""


def kinds() -> tuple[Kind, ...]:
    """All that there can be in a lake; of each dataset the newest first."""
    versions = range(SCHEMA_VERSION, OLDEST - 1, -1)
    return (
        *((name, version) for name in ("runs", *PUBLISHED) for version in versions),
        *((name, LIVE_VERSION) for name in sorted(LIVE_DATASETS)),
    )


def part_schema(dataset: str, version: int | None = None) -> pa.Schema:
    """The columns of a part, as this version writes them, or as an older one did.

    None: this version's, of alerts and reviews ``LIVE_VERSION``'s.
    """
    current = LIVE_VERSION if dataset in LIVE_DATASETS else SCHEMA_VERSION
    wanted = current if version is None else version
    schema = DATASETS[dataset]
    for change in reversed(changes_of(dataset, wanted)):
        schema = _undone(schema, change)
    if wanted <= WITHOUT_RUN_ID:
        schema = schema.remove(schema.get_field_index("run_id"))
    return schema.with_metadata({"schema_version": str(wanted)})


def projection(dataset: str, version: int) -> Mapping[str, str]:
    """Each column of today and the SQL that makes it of a part of ``version``."""
    columns = {name: quoted_name(name) for name in ("run_id", *part_schema(dataset, version).names)}
    for change in changes_of(dataset, version):
        match change:
            case Added(column=column):
                columns[column] = "NULL"
            case Renamed(column=column, before=before):
                columns[column] = columns.pop(before)
            case Retyped(column=column, sql=sql):
                columns[column] = sql(f"({columns[column]})")
    return MappingProxyType({field.name: columns[field.name] for field in DATASETS[dataset]})


def changes_of(dataset: str, version: int) -> list[Change]:
    """Those that a part of ``version`` has not seen."""
    return [each for each in CHANGES if each.dataset == dataset and each.since > version]


def quoted_name(column: str) -> str:
    return f'"{column}"'


def _undone(schema: pa.Schema, change: Change) -> pa.Schema:
    at = schema.get_field_index(change.column)
    match change:
        case Added():
            return schema.remove(at)
        case Renamed(before=before):
            return schema.set(at, schema.field(at).with_name(before))
        case Retyped(before=before):
            return schema.set(at, schema.field(at).with_type(before))
