from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lfr_batch.errors import ResultsError
from lfr_batch.results import parts
from lfr_batch.results.columns import SCHEMA_VERSION
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import merge_parts, read_part, table_bytes, write_part
from lfr_batch.storage.store import Store

SCHEMA = part_schema("candidates")
ROWS = [
    {
        "run_id": "r-1",
        "sighting_id": f"s{n}",
        "rank": n,
        "subject_id": "S1",
        "image_id": "S1-1",
        "score": n / 7,
        "relative_score": n / 9,
        "above_threshold": n > 2,
    }
    for n in range(5)
]


def test_rows_come_back_exactly_and_the_bytes_are_the_same_each_time(store: Store) -> None:
    write_part(store, "part.parquet", ROWS, SCHEMA)
    assert store.read("part.parquet") == table_bytes(
        [dict(reversed(row.items())) for row in ROWS], SCHEMA
    )
    assert read_part(store, "part.parquet", "write it again") == ROWS


def test_a_part_carries_its_version_and_its_columns_meaning() -> None:
    schema = pq.read_schema(pa.BufferReader(table_bytes([], SCHEMA)))
    assert schema.metadata[b"schema_version"] == str(SCHEMA_VERSION).encode()
    assert schema.field("score").metadata[b"comment"] == b"Cosine score, -1 to 1."


@pytest.mark.parametrize(
    "row", [{**ROWS[0], "extra": 1}, {k: v for k, v in ROWS[0].items() if k != "rank"}]
)
def test_a_row_with_other_columns_is_a_mistake(row: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"extra|rank"):
        table_bytes([row], SCHEMA)


def test_rows_are_written_and_read_in_groups(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "GROUP_ROWS", 2)
    write_part(store, "part.parquet", iter(ROWS), SCHEMA)
    assert pq.ParquetFile(pa.BufferReader(store.read("part.parquet"))).num_row_groups == 3
    assert read_part(store, "part.parquet", "write it again") == ROWS


def test_parts_become_one_in_the_order_given(disk: Store) -> None:
    for name, rows in {"a": ROWS[3:], "b": ROWS[:3], "c": []}.items():
        write_part(disk, f"{name}.parquet", rows, SCHEMA)
    merge_parts(disk, ["b.parquet", "c.parquet", "a.parquet"], "all.parquet", SCHEMA, "-")
    assert read_part(disk, "all.parquet", "-") == ROWS
    assert disk.read("all.parquet") == table_bytes(ROWS, SCHEMA)


def test_a_damaged_part_is_named_before_anything_is_merged(disk: Store) -> None:
    write_part(disk, "a.parquet", ROWS, SCHEMA)
    disk.write_atomic("b.parquet", disk.read("a.parquet")[:60])
    with pytest.raises(ResultsError, match=r"b\.parquet in .* is damaged; remove it"):
        merge_parts(disk, ["a.parquet", "b.parquet"], "all.parquet", SCHEMA, "remove it")
    assert not disk.exists("all.parquet")
