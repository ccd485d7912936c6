"""The SQL that turns Parquet parts into views: text in, text out. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from lfr_batch.results import layout
from lfr_batch.results.columns import SCHEMA_VERSION, comment, values_of
from lfr_batch.results.constraints import CONSTRAINTS, is_in_key, is_never_null, referred_to
from lfr_batch.results.layout import PART
from lfr_batch.results.migrations import WITHOUT_RUN_ID, Kind, kinds, part_schema, projection
from lfr_batch.results.run_views import DERIVED_VIEWS, create_run_views
from lfr_batch.results.schemas import DATASETS, LIVE_DATASETS, VIEW_COMMENTS

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

_DOCUMENTED = MappingProxyType(
    {
        "view": "VARCHAR",
        "column": "VARCHAR",
        "type": "VARCHAR",
        "key": "BOOLEAN",
        "never_null": "BOOLEAN",
        "refers_to": "VARCHAR",
        "comment": "VARCHAR",
    }
)
"""The columns of ``columns``."""

_RESERVED = frozenset({"left", "right"})
"""Words of SQL, which DuckDB quotes as names."""


@dataclass(frozen=True, slots=True)
class DocumentedColumn:
    view: str
    field: pa.Field
    is_in_key: bool
    is_never_null: bool
    refers_to: str | None
    """Where its values are looked up: ``sightings(run_id, sighting_id)``."""


_NOT_WITHHELD = "run_id NOT IN (SELECT run_id FROM runs WHERE status = 'withheld')"
"""What was decided about the sightings of a run that is withheld lies beside the manifest, which
names the run's other parts no more."""


def sql_type(kind: pa.DataType) -> str:
    """DuckDB's name of an Arrow type that the schemas use."""
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if pa.types.is_map(kind):
        return f"MAP({sql_type(kind.key_type)}, {sql_type(kind.item_type)})"
    if pa.types.is_struct(kind):
        fields = ((f'"{f.name}"' if f.name in _RESERVED else f.name, f.type) for f in kind)
        return f"STRUCT({', '.join(f'{name} {sql_type(each)}' for name, each in fields)})"
    return _TYPES[kind]


def column_type(column: pa.Field) -> str:
    """DuckDB's name of a column's type in its view: of few values an ENUM."""
    values = values_of(column)
    return f"ENUM({', '.join(map(quoted, values))})" if values else sql_type(column.type)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def listed(kind: Kind) -> str:
    """The variable in which the paths of the parts of a kind are."""
    return f"lfr_{kind[0]}_{kind[1]}"


def parquet_source(kind: Kind, files: str | None = None) -> str:
    """The parts of a kind: those that are ``listed``, or those that the SQL ``files`` names.

    Of before 0.3.0 the run is in a part's path alone, and a part has the columns that its version
    knew. DuckDB's hive_partitioning would take keys of folders above the root for columns as well.
    """
    named = files or f"getvariable({quoted(listed(kind))})"
    if kind[1] > WITHOUT_RUN_ID:
        return f"read_parquet({named}, hive_partitioning = false)"
    return (
        f"(SELECT * EXCLUDE (_part), regexp_extract(_part, {quoted(PART)}, 1) AS run_id\n"
        f"    FROM read_parquet({named}, union_by_name = true, "
        "hive_partitioning = false, filename = '_part'))"
    )


def create_view(dataset: str, sources: Mapping[int, str]) -> str:
    """A view with every column of today's schema, typed, whatever the ``sources`` have, which are
    given by the version that they were written with."""
    parts = [_today(dataset, version, source) for version, source in sources.items()]
    body = "\n  UNION ALL BY NAME\n".join(parts or [_nothing_of(dataset)])
    if dataset == "reviews":
        body = f"  SELECT * FROM (\n{body}\n  )\n  WHERE {_NOT_WITHHELD}"
    return f"CREATE OR REPLACE VIEW {dataset} AS\n{body};"


def _today(dataset: str, version: int, source: str) -> str:
    """The rows of a version with the columns of today."""
    types = {field.name: column_type(field) for field in DATASETS[dataset]}
    columns = ",\n    ".join(
        f'CAST({made} AS {types[name]}) AS "{name}"'
        for name, made in projection(dataset, version).items()
    )
    if version <= WITHOUT_RUN_ID:
        source = (
            f"(\n{_nothing(part_schema(dataset, version))}\n  UNION ALL BY NAME\n  FROM {source})"
        )
    return f"  SELECT\n    {columns}\n  FROM {source}"


def _nothing_of(dataset: str) -> str:
    columns = ",\n    ".join(
        f'NULL::{column_type(field)} AS "{field.name}"' for field in DATASETS[dataset]
    )
    return f"  SELECT\n    {columns}\n  WHERE false"


def _nothing(schema: pa.Schema) -> str:
    columns = ",\n    ".join(f'NULL::{sql_type(field.type)} AS "{field.name}"' for field in schema)
    return f"  SELECT\n    {columns}\n  WHERE false"


def create_columns_view() -> str:
    """The view ``columns``: what every column of every view means, and what holds of it.

    One text, of which DuckDB makes rows when they are asked for: as hundreds of ``VALUES`` they
    would be a fifth of what opening a lake takes.
    """
    rows = ",\n".join(map(_documented, documented()))
    found = f"from_json({quoted(f'[{rows}]')}, {quoted(json.dumps([dict(_DOCUMENTED)]))})"
    return f"CREATE OR REPLACE VIEW columns AS\nSELECT unnest({found}, recursive := true);"


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
    field = column.field
    texts = (column.view, field.name, column_type(field))
    truths = (column.is_in_key, column.is_never_null)
    values = (*texts, *truths, column.refers_to, comment(field))
    return json.dumps(dict(zip(_DOCUMENTED, values, strict=True)), ensure_ascii=False)


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


def dataset_views(sources: Mapping[Kind, str]) -> str:
    """The views of the datasets alone; ``sources``: what each kind that has parts is read from."""
    of_dataset = {
        dataset: {version: sql for (name, version), sql in sources.items() if name == dataset}
        for dataset in DATASETS
    }
    return "\n\n".join(create_view(dataset, of_dataset[dataset]) for dataset in DATASETS)


def all_views(sources: Mapping[Kind, str]) -> str:
    """Every view, explained. ``sources`` as in ``dataset_views``."""
    said = "\n\n".join(map(comments, DATASETS))
    parts = [dataset_views(sources), said, create_run_views(), create_columns_view()]
    return "\n\n".join(parts) + "\n"


def set_files(kind: Kind, paths: Iterable[str]) -> str:
    """Say where the parts of a kind are."""
    return f"SET VARIABLE {listed(kind)} = [{', '.join(map(quoted, paths))}];"


def views_script(root: str, lake_id: str) -> str:
    """All views for DuckDB alone, from any folder: what ``root/views.sql`` holds.

    ``root``: where the lake is, with a slash at its end. A lake that was moved is found from its
    own folder, which is known by ``lake_id``. The text does not change with what is in the lake.
    """
    head = _SCRIPT_HEAD.format(
        version=SCHEMA_VERSION,
        id_file=quoted(layout.id_file(lake_id)),
        root=quoted(unglobbed(root)),
        manifests=quoted(f"{layout.MANIFESTS}/*.json"),
    )
    files = "\n".join(map(_found_files, kinds()))
    sources = {kind: parquet_source(kind) for kind in kinds()}
    return f"{head}\n{files}\n\n{all_views(sources)}"


_SCRIPT_HEAD = """\
-- Views over this results lake, schema {version}. Written by lfr-batch.
-- From any folder: duckdb -init /path/to/views.sql; after moving the lake, in its own folder.
-- It shows what was published when it was read; read it again for what came later.
SET TimeZone = 'UTC';
SET VARIABLE lfr_root = (
  SELECT CASE WHEN count(*) > 0 THEN '' ELSE {root} END FROM glob({id_file}));
SET VARIABLE lfr_manifest = (SELECT max(file) FROM glob(getvariable('lfr_root') || {manifests}));
CREATE OR REPLACE TEMP TABLE lfr_parts AS
SELECT unnest(parts, recursive := true)
FROM read_json(
  getvariable('lfr_manifest'),
  columns = {{parts: 'STRUCT(dataset VARCHAR, path VARCHAR, "schema" INTEGER)[]'}},
  maximum_object_size = 1073741824);
"""


def _found_files(kind: Kind) -> str:
    """Say where the parts are that the manifest names, or of live mode all that there are."""
    dataset, version = kind
    empty = quoted(layout.empty_part(dataset, version))
    if dataset in LIVE_DATASETS:
        pattern, below = quoted(f"{dataset}/run_id=*/*.parquet"), quoted(f"{dataset}/[^/]+/[^/]+$")
        found = (
            f"(SELECT list(getvariable('lfr_root') || regexp_extract(file, {below}))\n"
            f"    FROM glob(getvariable('lfr_root') || {pattern}))"
        )
    else:
        found = (
            "(SELECT list(getvariable('lfr_root') || path) FROM lfr_parts "
            f'WHERE dataset = {quoted(dataset)} AND "schema" = {version})'
        )
    return (
        f"SET VARIABLE {listed(kind)} = list_concat([getvariable('lfr_root') || {empty}],\n"
        f"  coalesce({found}, []));"
    )


def unglobbed(path: str) -> str:
    """A directory's own ``*``, ``?`` and ``[`` are not patterns."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)
