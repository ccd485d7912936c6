from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa

from lfr_batch.results.answers import rows_of

AT = datetime(2026, 1, 30, 23, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))


def test_moments_are_of_utc_whatever_their_zone() -> None:
    moments = pa.array([AT, None], pa.timestamp("us", tz="Europe/Paris"))
    rows = rows_of(pa.table({"at": moments, "n": [1, 2]}))
    assert rows == [{"at": AT, "n": 1}, {"at": None, "n": 2}]
    assert rows[0]["at"].tzinfo is UTC


def test_no_rows() -> None:
    assert rows_of(pa.table({"n": pa.array([], pa.int64())})) == []
