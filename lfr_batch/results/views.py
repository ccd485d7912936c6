"""The SQL that turns Parquet parts into views: text in, text out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from lfr_batch.results.constraints import CONSTRAINTS, is_in_key, is_never_null, referred_to
from lfr_batch.results.layout import FINISHED, PART
from lfr_batch.results.run_views import DERIVED_VIEWS, create_run_views
from lfr_batch.results.schemas import (
    DATASETS,
    LIVE_DATASETS,
    SCHEMA_VERSION,
    VIEW_COMMENTS,
    comment,
)

_TYPES = {
    pa.string(): "VARCHAR",
    pa.binary(): "BLOB",
    pa.bool_(): "BOOLEAN",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP WITH TIME ZONE",
    pa.timestamp("us"): "TIMESTAMP",
}
_LATEST_RUN = (
    "QUALIFY row_number() OVER "
    "(PARTITION BY run_id ORDER BY epoch DESC NULLS LAST, revision DESC) = 1"
)
ALWAYS_SHOWN = LIVE_DATASETS | {"runs"}
"""Each part of these is visible at once; of the others once a run's final row names them."""


@dataclass(frozen=True, slots=True)
class DocumentedColumn:
    view: str
    field: pa.Field
    is_in_key: bool
    is_never_null: bool
    refers_to: str | None
    """Where its values are looked up: ``sightings(run_id, sighting_id)``."""


def sql_type(kind: pa.DataType) -> str:
    """DuckDB's name of an Arrow type that the schemas use."""
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if pa.types.is_map(kind):
        return f"MAP({sql_type(kind.key_type)}, {sql_type(kind.item_type)})"
    return _TYPES[kind]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def parquet_source(root: str, dataset: str) -> str:
    """Every part of a dataset under ``root`` ('' for the current directory) that counts.

    The run is taken from the part's own folder, since DuckDB's hive_partitioning would take keys
    of folders above the root for columns as well. Filters on it leave out whole files.
    """
    run_id, epoch = (f"regexp_extract(_part, {quoted(PART)}, {n})" for n in (1, 2))
    parts = (
        f"(SELECT * EXCLUDE (_part), {run_id} AS run_id, {epoch} AS _epoch\n"
        f"    FROM read_parquet({_pattern(root, dataset, '*.parquet')}, union_by_name = true, "
        "hive_partitioning = false, filename = '_part'))"
    )
    if dataset in ALWAYS_SHOWN:
        return f"(SELECT * EXCLUDE (_epoch) FROM {parts})"
    return (
        f"(SELECT part.* EXCLUDE (_epoch) FROM {_published(root)} AS published\n"
        f"    JOIN {parts} AS part USING (run_id, _epoch))"
    )


def _published(root: str) -> str:
    """Of each run that has finished, the epoch whose parts count: in the names of its rows."""
    run_id, epoch = (f"regexp_extract(file, {quoted(PART)}, {n})" for n in (1, 2))
    return (
        f"(SELECT {run_id} AS run_id, max({epoch}) AS _epoch\n"
        f"    FROM glob({_pattern(root, 'runs', f'*-{FINISHED}.parquet')}) GROUP BY ALL)"
    )


def _pattern(root: str, dataset: str, name: str) -> str:
    path = f"{unglobbed(root)}/{dataset}" if root else dataset
    return quoted(f"{path}/run_id=*/{name}")


def create_view(dataset: str, source: str | None) -> str:
    """A view with every column the schema has, typed, whatever ``source`` has (None: no rows).

    Columns of a newer minor version come after them.
    """
    columns = ",\n    ".join(
        f"NULL::{sql_type(field.type)} AS {field.name}" for field in DATASETS[dataset]
    )
    body = f"SELECT\n    {columns}\n  WHERE false"
    if source is not None:
        body = f"SELECT * FROM (\n  {body}\n  UNION ALL BY NAME\n  SELECT * FROM {source}\n)"
    latest = f"\n{_LATEST_RUN}" if dataset == "runs" and source is not None else ""
    return f"CREATE OR REPLACE VIEW {dataset} AS\n{body}{latest};"


def create_columns_view() -> str:
    """The view ``columns``: what every column of every view means, and what holds of it."""
    rows = ",\n  ".join(map(_documented, documented()))
    names = '"view", "column", "type", "key", never_null, refers_to, "comment"'
    return f"CREATE OR REPLACE VIEW columns AS\nSELECT * FROM (VALUES\n  {rows}\n) AS t({names});"


def documented() -> Iterator[DocumentedColumn]:
    """Of the datasets, then of the views that are made of them."""
    for dataset, schema in DATASETS.items():
        for field in schema:
            name = field.name
            yield DocumentedColumn(
                dataset,
                field,
                is_in_key(dataset, name),
                is_never_null(dataset, name),
                referred_to(dataset, name),
            )
    for name, view in DERIVED_VIEWS.items():
        for field in view.schema:
            yield DocumentedColumn(
                name, field, field.name in view.key, field.name in view.never_null, None
            )


def _documented(column: DocumentedColumn) -> str:
    field, refers = column.field, column.refers_to
    texts = [column.view, field.name, sql_type(field.type)]
    truths = [column.is_in_key, column.is_never_null]
    values = [*map(quoted, texts), *(str(truth).lower() for truth in truths)]
    values += [quoted(refers) if refers else "NULL::VARCHAR", quoted(comment(field))]
    return f"({', '.join(values)})"


def comments(dataset: str) -> str:
    """The same meanings where DuckDB keeps them: ``duckdb_views()`` and ``duckdb_columns()``."""
    key = ", ".join(CONSTRAINTS[dataset].key)
    view = f"COMMENT ON VIEW {dataset} IS {quoted(f'{VIEW_COMMENTS[dataset]} Key: {key}.')};"
    columns = [
        f"COMMENT ON COLUMN {dataset}.{field.name} IS {quoted(_comment(dataset, field))};"
        for field in DATASETS[dataset]
    ]
    return "\n".join([view, *columns])


def _comment(dataset: str, field: pa.Field) -> str:
    refers = referred_to(dataset, field.name)
    said = [
        comment(field),
        "Never null." if is_never_null(dataset, field.name) else "",
        f"Refers to {refers}." if refers else "",
    ]
    return " ".join(filter(None, said))


def views_script(root: str, present: frozenset[str]) -> str:
    """All views as one script; ``present``: the datasets that have parts."""
    head = (
        f"-- Views over this results lake, schema {SCHEMA_VERSION}. Written by lfr-batch.\n"
        "-- In this directory: duckdb -init views.sql\n"
        "SET TimeZone = 'UTC';"
    )
    views = [
        create_view(dataset, parquet_source(root, dataset) if dataset in present else None)
        + "\n"
        + comments(dataset)
        for dataset in DATASETS
    ]
    return "\n\n".join([head, *views, create_run_views(), create_columns_view()]) + "\n"


def unglobbed(path: str) -> str:
    """A directory's own ``*``, ``?`` and ``[`` are not patterns."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)
