from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lfr_batch.errors import ConfigError
from lfr_batch.footage.manifest import apply_manifest, read_manifest, unmatched
from lfr_batch.records import FootageEntry

MIDNIGHT = datetime(2024, 2, 1, tzinfo=UTC)


def csv(tmp_path: Path, text: str) -> str:
    path = tmp_path / "archive.csv"
    path.write_text(text, "utf-8")
    return str(path)


def test_csv_rows_are_entries(tmp_path: Path) -> None:
    rows = read_manifest(
        csv(
            tmp_path,
            "\ufeffuri,camera_id,start_utc,site,rotate_deg,colour\n"
            "a/b.mp4,7,2024-02-01T00:00:00,North,90,red\n"
            "/abs/c.mp4,,2024-02-01T01:00:00+01:00,,,\n"
            "s3://bucket/d.mp4,,,,,\n",
        )
    )
    assert rows == (
        FootageEntry(str(tmp_path / "a/b.mp4"), "7", "North", MIDNIGHT, 90),
        FootageEntry("/abs/c.mp4", None, None, MIDNIGHT),
        FootageEntry("s3://bucket/d.mp4"),
    )


def test_parquet_with_typed_columns(tmp_path: Path) -> None:
    table = pa.table(
        {
            "uri": ["a.mp4"],
            "camera_id": [7],
            "start_utc": pa.array([MIDNIGHT], pa.timestamp("us", "UTC")),
            "rotate_deg": [180],
            "other": [[1, 2]],
        }
    )
    path = tmp_path / "archive.parquet"
    pq.write_table(table, path)
    expected = FootageEntry(str(tmp_path / "a.mp4"), "7", None, MIDNIGHT, 180)
    assert read_manifest(str(path)) == (expected,)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("path\na.mp4\n", "no column uri: it has path"),
        ("", "no column uri: its first line must name the columns"),
        ("\nuri\na.mp4\n", "no column uri: its first line must name the columns"),
        ("uri,camera_id\n", "holds no rows"),
        ("uri,site\na.mp4,North\nb.mp4,North, gate\n", "row 3: it has more cells than the header"),
        ("uri,start_utc\na.mp4,0001-01-01T00:00+02:00\n", "row 2, column start_utc"),
        ("uri,start_utc\na.mp4,yesterday\n", "row 2, column start_utc: 'yesterday'"),
        ("uri,rotate_deg\na.mp4,0\nb.mp4,45\n", "row 3, column rotate_deg: '45'"),
        ("uri,camera_id\n,7\n", "row 2, column uri: it is empty"),
        ("uri,camera_id\na.mp4,7\na.mp4,8\n", "row 3, column uri"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(ConfigError, match=part):
        read_manifest(csv(tmp_path, text))


def test_unreadable_manifests(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_manifest(str(tmp_path / "none.csv"))
    for name in ("x.parquet", "x.csv"):
        (tmp_path / name).write_bytes(b"\xff\xfe\x00binary")
        with pytest.raises(ConfigError, match="no CSV"):
            read_manifest(str(tmp_path / name))


def test_apply_adds_to_the_entries_it_names() -> None:
    row = FootageEntry("/a.mp4", "7", "North", MIDNIGHT)
    entries = [FootageEntry("/a.mp4"), FootageEntry("/b.mp4")]
    assert apply_manifest(entries, [row]) == [row, FootageEntry("/b.mp4")]


def test_a_parquet_manifest_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "archive.parquet"
    pq.write_table(pa.table({"uri": pa.array([], pa.string())}), path)
    with pytest.raises(ConfigError, match="holds no rows"):
        read_manifest(str(path))


def test_rows_that_match_no_entry_are_known() -> None:
    manifest = [FootageEntry("/z.mp4"), FootageEntry("/a.mp4", "7"), FootageEntry("/c.mp4")]
    entries = [FootageEntry("/a.mp4"), FootageEntry("/b.mp4")]
    assert unmatched(entries, manifest) == ("/z.mp4", "/c.mp4")
    assert unmatched(entries, []) == ()


def test_naive_times_are_in_the_archive_s_zone(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "uri,start_utc\na.mp4,2024-02-01T01:00:00\nb.mp4,2024-02-01T00:00:00Z\nc.mp4,\n",
    )
    starts = [entry.start_utc for entry in read_manifest(path, "Europe/Berlin")]
    assert starts == [MIDNIGHT, MIDNIGHT, None]
    with pytest.raises(ConfigError, match="'Mars/Base'"):
        read_manifest(path, "Mars/Base")


def test_naive_parquet_times_are_in_the_archive_s_zone(tmp_path: Path) -> None:
    path = tmp_path / "archive.parquet"
    local = pa.array([datetime(2024, 2, 1, 1)], pa.timestamp("us"))
    pq.write_table(pa.table({"uri": ["a.mp4"], "start_utc": local}), path)
    (entry,) = read_manifest(str(path), "Europe/Berlin")
    assert entry.start_utc == MIDNIGHT
