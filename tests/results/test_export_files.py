from __future__ import annotations

import csv
import json
import stat
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from lfr_batch.errors import ResultsError, StoreFull, UsageError
from lfr_batch.results.export_files import write_csv, write_duckdb, write_parquet, writer_for
from lfr_batch.results.export_rows import ALL_VIEWS, ExportScope, view_tables
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import Lake
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.store import Store
from tests.live.full_disk import small_disk

from .exported import three_runs
from .runs_asked import publish
from .synthetic import RUN_ID, archive

WHO = {"case_ref": "OP-1", "authority": "Insp. A", "run_ids": [RUN_ID]}


def test_parquet_has_rows_meanings_and_who_answers(three: Lake, tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    tables = view_tables(three, ("sightings",), ExportScope(), ())
    assert write_parquet(out, three, tables, WHO) == {"sightings": 12}
    found = pq.read_table(out)
    assert found.num_rows == 12
    assert found.schema.field("score").metadata[b"comment"].startswith(b"Cosine score")
    assert json.loads(found.schema.metadata[b"lfr_batch"]) == WHO
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_csv_computes_nothing_and_keeps_everything(disk: Store, tmp_path: Path) -> None:
    made, nasty = archive(), '=HYPERLINK("http://x")'
    assets = tuple(replace(a, uri=nasty, site='a,b\n"c"') for a in made.assets)
    publish(disk, RUN_ID, assets=assets)
    lake, out = open_lake(disk.uri), tmp_path / "x.csv"
    tables = view_tables(lake, ("footage",), ExportScope(), ())
    assert write_csv(out, lake, tables, WHO) == {"footage": 5}
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["uri"] for row in rows} == {f"'{nasty}"}
    assert {row["site"] for row in rows} == {'a,b\n"c"'}
    assert {row["start_utc"] for row in rows} == {"2026-01-30T22:00:00Z", ""}


def test_plain_duckdb_reads_the_file(three: Lake, tmp_path: Path) -> None:
    out = tmp_path / "x.duckdb"
    tables = view_tables(three, (*ALL_VIEWS, "columns"), ExportScope(), ())
    counts = write_duckdb(out, three, tables, WHO)
    assert (counts["runs"], counts["candidates"], counts["alerts"]) == (3, 36, 0)
    assert [path.name for path in tmp_path.glob("x.*")] == ["x.duckdb"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with duckdb.connect(str(out), read_only=True) as database:
        (seen,) = database.execute(
            "SELECT count(*) FROM sightings JOIN footage USING (run_id, footage_id)"
            " JOIN best_shots USING (run_id, sighting_id) WHERE jpeg IS NOT NULL"
        ).fetchall()
        assert seen == (12,)
        told = dict(database.execute("FROM exported").fetchall())
        assert told == {**WHO, "run_ids": json.dumps([RUN_ID])}
        comments = database.execute(
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'sightings'"
            " AND column_name = 'score' UNION ALL"
            " SELECT comment FROM duckdb_tables() WHERE table_name = 'sightings'"
        ).fetchall()
    (score,), (sightings,) = comments
    assert score == "Cosine score of the first candidate, -1 to 1."
    assert sightings.startswith("One track in which a gallery subject is a candidate.")


@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "x.duckdb"])
def test_a_full_disk_is_called_that(three: Lake, tmp_path: Path, name: str) -> None:
    tables = view_tables(three, ("best_shots",), ExportScope(), ())
    picture = "encode(md5(random()::VARCHAR)) AS jpeg"
    many = replace(tables[0], sql=f"SELECT b.* REPLACE ({picture}) FROM best_shots b, range(5000)")
    with small_disk(tmp_path / "disk", "1m") as small:
        out = small / name
        with pytest.raises(StoreFull, match="is full"), disk_errors(out):
            writer_for(out, 1)(out, three, [many], WHO)


@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "x.duckdb"])
def test_a_part_that_cannot_be_read_is_named(disk: Store, tmp_path: Path, name: str) -> None:
    lake = three_runs(disk)
    tables = view_tables(lake, ("candidates",), ExportScope(), ())
    (part, *_) = disk.list("candidates")
    (Path(disk.uri) / part).write_bytes(b"no Parquet at all" * 50)
    with pytest.raises(ResultsError, match=f"{part} is damaged"), disk_errors(tmp_path):
        writer_for(tmp_path / name, 1)(tmp_path / name, lake, tables, WHO)


@pytest.mark.parametrize(
    ("name", "tables", "said"),
    [
        ("x.xlsx", 1, "nothing is exported as .xlsx: name FILE.parquet, FILE.csv or FILE.duckdb"),
        ("x.csv", 2, "x.csv holds one table: choose it with --view or --question"),
        ("catalogue", 8, "catalogue would be a DuckLake catalogue, .* export to FILE.duckdb"),
        ("x.ducklake", 8, "`COPY FROM DATABASE` copies it"),
    ],
)
def test_what_cannot_be_written_is_said_before(name: str, tables: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        writer_for(Path(name), tables)
