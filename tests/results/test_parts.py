from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lfr_batch.results.parts import read_rows, table_bytes
from lfr_batch.results.schemas import CANDIDATES, SCHEMA_VERSION, part_schema

SCHEMA = part_schema(CANDIDATES)
ROWS = [
    {
        "sighting_id": f"s{n}",
        "rank": n,
        "subject_id": "S1",
        "image_id": "S1-1",
        "score": n / 7,
        "above_threshold": n > 2,
    }
    for n in range(5)
]


def test_rows_come_back_exactly_and_the_bytes_are_the_same_each_time() -> None:
    data = table_bytes(ROWS, SCHEMA)
    assert data == table_bytes([dict(reversed(row.items())) for row in ROWS], SCHEMA)
    assert read_rows(data) == ROWS


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
