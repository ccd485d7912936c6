from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pyarrow as pa

from lfr_batch.results.parts import Row, read_part, write_part
from lfr_batch.results.rows import outcome_of, row_of, segment_of, sighting_of
from lfr_batch.results.state_schemas import LEDGER, PLAN
from lfr_batch.storage.store import Store

from .synthetic import archive


def test_a_row_of_a_newer_program_is_read_without_its_new_columns() -> None:
    segment = archive().segments[0]
    assert segment_of({**row_of(segment), "priority": 3}) == segment


def test_a_sighting_is_the_same_after_the_journey() -> None:
    for sighting in archive().sightings:
        assert sighting_of(row_of(sighting)) == sighting


def test_a_sighting_of_a_shard_of_before_has_no_further_shots() -> None:
    sighting = archive().sightings[0]
    row = row_of(sighting)
    del row["further"]
    assert sighting.further
    assert sighting_of(row) == replace(sighting, further=())


def there_and_back(store: Store, rows: Iterable[Row], schema: pa.Schema) -> list[dict[str, Any]]:
    write_part(store, "part.parquet", rows, schema)
    return read_part(store, "part.parquet", "write it again")


def test_plan_and_receipts_share_the_texts_that_they_repeat(store: Store) -> None:
    made = archive()
    plan = there_and_back(store, map(row_of, made.segments), PLAN)
    receipts = there_and_back(store, map(row_of, made.outcomes.values()), LEDGER)
    segments, outcomes = list(map(segment_of, plan)), list(map(outcome_of, receipts))
    assert segments[0].segment_id is outcomes[0].segment_id
    assert segments[0].uri is segments[1].uri
    assert outcomes[0].status is outcomes[1].status
