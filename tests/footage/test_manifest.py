from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lfr_batch.errors import ConfigError
from lfr_batch.footage.manifest import FootageManifest, match, read_manifest
from lfr_batch.records import FootageEntry

Form = Literal["NFC", "NFD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD")
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
    assert len(rows.said) == 1
    assert "not known and not used: colour;" in rows.said[0]
    assert rows.entries == (
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
    assert read_manifest(str(path)).entries == (expected,)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("path\na.mp4\n", r"no column uri: it has path \(did you mean uri\?\)"),
        ("uri,Camera,camera\na.mp4,1,2\n", "has the column 'Camera' twice"),
        ("uri,camera_id,Camera ID\na.mp4,1,2\n", "'camera_id' twice .also written 'Camera ID'."),
        ("uri,,site\na.mp4,x,y\n", "line 2 says 'x' in a column without a name"),
        ('uri,site\n"a.mp4,North\n', "is not valid CSV"),
        ("uri,start_utc\na.mp4,2024-01-31\n", "row 2, column start_utc: '2024-01-31'"),
        ("uri,aspect\na.mp4,\nb.mp4,wide\n", "row 3, column aspect: 'wide'"),
        ("uri,aspect\na.mp4,4:0\n", "row 2, column aspect"),
        ("uri,aspect\na.mp4,-1.3\n", "row 2, column aspect"),
        ("uri,aspect\na.mp4,nan\n", "row 2, column aspect"),
        ("uri,aspect\na.mp4,40:1\n", "row 2, column aspect"),
        ("", "no column uri: its first line must name the columns"),
        ("\n\n", "no column uri: its first line must name the columns"),
        ("\nuri;aspect\na.mp4;wide\n", "row 3, column aspect: 'wide'"),
        ("uri,camera_id\n", "holds no rows"),
        ("uri,site\na.mp4,North\nb.mp4,North, gate\n", "line 3 has 3 cells where the header has 2"),
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
    for name, data in (("x.parquet", b"PAR1"), ("x.csv", b"\xff\xfe\x00"), ("y.csv", b"uri\n\xff")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ConfigError, match="no CSV"):
            read_manifest(str(tmp_path / name))


@pytest.mark.parametrize(
    "header",
    [
        "uri, camera_id, start_utc, rotate_deg",
        "URI,Camera ID,Start UTC,Rotate-Deg",
        ' "uri" , "Camera_ID" , "start utc" , "rotate_deg" ',
        "\ufeffUri,cameraId,START_UTC,rotate deg",
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_headers_as_people_write_them(
    tmp_path: Path, header: str, delimiter: str, encoding: str
) -> None:
    text = f"{header}\r\ndata/cam1.mp4, 7, 2024-02-01T00:00:00Z, 0\r\n\r\n".replace(",", delimiter)
    path = tmp_path / "m.csv"
    path.write_bytes(text.removeprefix("\ufeff" if encoding != "utf-8" else "").encode(encoding))
    manifest = read_manifest(str(path))
    expected = FootageEntry(str(tmp_path / "data/cam1.mp4"), "7", None, MIDNIGHT)
    assert (manifest.entries, manifest.said) == ((expected,), ())


def test_excel_says_its_separator(tmp_path: Path) -> None:
    path = csv(tmp_path, 'sep=;\nuri;site\n"a;b.mp4";North, gate\n;x\n')
    with pytest.raises(ConfigError, match="row 4, column uri: it is empty"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("camera", "camera (did you mean camera_id?)"),
        ("Start", "Start (did you mean start_utc?)"),
        ("cam", "cam (did you mean camera_id?)"),
        ("Time", "Time (did you mean start_utc?)"),
        ("location", "location (did you mean site?)"),
        ("rotation", "rotation (did you mean rotate_deg?)"),
        ("aspect ratio", "aspect ratio (did you mean aspect?)"),
        ("colour", "not known and not used: colour;"),
    ],
)
def test_columns_that_are_not_known_are_named(tmp_path: Path, column: str, says: str) -> None:
    text = read_manifest(csv(tmp_path, f"uri,{column}\na.mp4,1\n"))
    parquet = tmp_path / "m.parquet"
    pq.write_table(pa.table({"URI": ["a.mp4"], column: ["1"]}), parquet)
    for manifest in (text, read_manifest(str(parquet))):
        assert manifest.entries == (FootageEntry(str(tmp_path / "a.mp4")),)
        (sentence,) = manifest.said
        assert says in sentence


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("4:3", 4 / 3),
        ("16:9", 16 / 9),
        ("16 / 9", 16 / 9),
        ("1.333", 1.333),
        ("1,333", 1.333),
        ("", None),
    ],
)
def test_the_true_shape(tmp_path: Path, text: str, aspect: float | None) -> None:
    (entry,) = read_manifest(csv(tmp_path, f"uri;aspect\na.mp4;{text}\n")).entries
    assert entry.aspect == aspect


def test_rows_and_footage_are_brought_together() -> None:
    row = FootageEntry("/a.mp4", "7", "North", MIDNIGHT)
    manifest = FootageManifest((FootageEntry("/z.mp4"), row, FootageEntry("/c.mp4")))
    matched = match([FootageEntry("/a.mp4"), FootageEntry("/b.mp4")], manifest)
    assert matched.entries == (row, FootageEntry("/b.mp4"))
    assert matched.strays == ("/z.mp4", "/c.mp4")
    assert matched.unlisted == ("/b.mp4",)


def test_a_row_that_matches_none_may_mean_the_only_other_file_of_its_name() -> None:
    rows = tuple(FootageEntry(f"/m/{name}.mp4") for name in ("one", "two", "listed"))
    listed = FootageEntry("/a/listed.mp4")
    files = [FootageEntry(f"/a/{name}.mp4") for name in ("one", "two")]
    matched = match([*files, FootageEntry("/b/two.mp4"), listed], FootageManifest((*rows, listed)))
    assert matched.strays == (
        "/m/one.mp4 (did you mean /a/one.mp4?)",
        "/m/two.mp4",
        "/m/listed.mp4",
    )


@pytest.mark.parametrize("place", ["/", "s3://bucket/"])
@pytest.mark.parametrize(("of_row", "of_file"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")])
def test_names_in_two_normal_forms_are_one(place: str, of_row: Form, of_file: Form) -> None:
    row = FootageEntry(unicodedata.normalize(of_row, f"{place}Café.mp4"), "7")
    file = FootageEntry(unicodedata.normalize(of_file, f"{place}Café.mp4"))
    matched = match([file], FootageManifest((row,)))
    assert matched.entries == (FootageEntry(file.uri, "7"),)
    assert (matched.strays, matched.unlisted) == ((), ())


def test_a_row_goes_to_the_file_of_its_very_name() -> None:
    names = [unicodedata.normalize(form, "/Café.mp4") for form in FORMS]
    matched = match(
        [FootageEntry(n) for n in names], FootageManifest((FootageEntry(names[1], "7"),))
    )
    assert [entry.camera_id for entry in matched.entries] == [None, "7"]
    assert matched.unlisted == (names[0],)


def test_two_rows_of_one_name_in_two_forms_are_refused(tmp_path: Path) -> None:
    names = [unicodedata.normalize(form, "Café.mp4") for form in FORMS]
    with pytest.raises(ConfigError, match="is there twice"):
        read_manifest(csv(tmp_path, f"uri,camera_id\n{names[0]},7\n{names[1]},8\n"))


def test_times_that_clocks_make_uncertain_are_said(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "uri,start_utc\na.mp4,2024-03-31T01:30:00\nb.mp4,2024-10-27T01:30:00\n"
        "c.mp4,2024-10-27T01:30:00Z\nd.mp4,2024-07-01T01:30:00\n",
    )
    said = read_manifest(path, "Europe/London").said
    assert len(said) == 2
    assert "row 2, column start_utc: 2024-03-31 01:30:00 did not exist there" in said[0]
    assert "row 3, column start_utc: 2024-10-27 01:30:00 happened twice there" in said[1]


def test_a_parquet_manifest_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "archive.parquet"
    pq.write_table(pa.table({"uri": pa.array([], pa.string())}), path)
    with pytest.raises(ConfigError, match="holds no rows"):
        read_manifest(str(path))


def test_naive_times_are_in_the_archive_s_zone(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "uri,start_utc\na.mp4,2024-02-01T01:00:00\nb.mp4,2024-02-01T00:00:00Z\nc.mp4,\n",
    )
    starts = [entry.start_utc for entry in read_manifest(path, "Europe/Berlin").entries]
    assert starts == [MIDNIGHT, MIDNIGHT, None]
    with pytest.raises(ConfigError, match="'Mars/Base'"):
        read_manifest(path, "Mars/Base")


def test_naive_parquet_times_are_in_the_archive_s_zone(tmp_path: Path) -> None:
    path = tmp_path / "archive.parquet"
    local = pa.array([datetime(2024, 2, 1, 1)], pa.timestamp("us"))
    pq.write_table(pa.table({"uri": ["a.mp4"], "start_utc": local}), path)
    (entry,) = read_manifest(str(path), "Europe/Berlin").entries
    assert entry.start_utc == MIDNIGHT
