from __future__ import annotations

import base64
import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lfr_batch.errors import QueryError
from lfr_batch.results.render import render, unique_names
from lfr_batch.visible import visible, visible_lines
from tests.names import NO_FORMULA, STORED

MOMENT = datetime(2026, 1, 30, 22, 0, 12, 200_000, tzinfo=UTC)
TABLE = pa.table(
    {
        "text": ['a,"b"\n<é>', None],
        "score": pa.array([1 / 3, float("nan")], pa.float64()),
        "n": pa.array([Decimal(12), None], pa.decimal128(38, 0)),
        "at": pa.array([MOMENT, None], pa.timestamp("us", "UTC")),
        "day": pa.array([date(2026, 1, 30), None], pa.date32()),
        "jpeg": pa.array([b"\xff\xd8", b""], pa.binary()),
        "box": pa.array([[1.5, 2.0], []], pa.list_(pa.float32())),
        "why": pa.array([[("small", 2)], []], pa.map_(pa.string(), pa.int32())),
    }
)


def test_json_is_one_array_of_objects() -> None:
    rows = json.loads(render(TABLE, "json"))
    assert rows[0] == {
        "text": 'a,"b"\n<é>',
        "score": 1 / 3,
        "n": 12,
        "at": "2026-01-30T22:00:12.200000Z",
        "day": "2026-01-30",
        "jpeg": base64.b64encode(b"\xff\xd8").decode(),
        "box": [1.5, 2.0],
        "why": {"small": 2},
    }
    assert rows[1]["score"] is None
    assert json.loads(render(TABLE.slice(0, 0), "json")) == []


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_on_a_terminal_bytes_are_counted(form: str) -> None:
    text = str(render(TABLE, form, whole=False))
    assert text.count("<2 bytes>") == text.count("<0 bytes>") == 1


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_on_a_terminal_bytes_within_a_value_are_counted_too(form: str) -> None:
    shots = pa.list_(pa.struct([("jpeg", pa.binary()), ("media_s", pa.float64())]))
    named = pa.map_(pa.string(), pa.binary())
    table = pa.table(
        {
            "further": pa.array([[{"jpeg": b"\xff\xd8", "media_s": 1.5}], [], None], shots),
            "by_name": pa.array([[("a", b"\xff")], [], None], named),
        }
    )
    text = str(render(table, form, whole=False))
    assert (text.count("<2 bytes>"), text.count("<1 bytes>"), text.count("1.5")) == (1, 1, 1)
    said = json.loads(render(table, "json"))
    assert base64.b64decode(said[0]["further"][0]["jpeg"]) == b"\xff\xd8"


def test_two_columns_of_one_name_are_both_kept() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], ["a", "a", "a_2"])
    assert json.loads(render(table, "json")) == [{"a": 1, "a_2": 2, "a_2_2": 3}]
    assert unique_names(["a", "b"]) == ["a", "b"]


def test_csv_is_read_back_by_a_spreadsheet() -> None:
    text = render(TABLE, "csv")
    assert isinstance(text, str)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["text"] == 'a,"b"\n<é>'
    assert rows[0]["at"] == "2026-01-30T22:00:12.200000Z"
    assert json.loads(rows[0]["box"]) == [1.5, 2.0]
    assert rows[1]["score"] == ""


def test_parquet_comes_as_bytes() -> None:
    data = render(TABLE, "parquet")
    assert isinstance(data, bytes)
    assert pq.read_table(pa.BufferReader(data)).num_rows == 2


def test_the_table_lines_up_and_counts() -> None:
    lines = str(render(pa.table({"name": ["x", "longer"], "n": [1, 200]}), "table")).splitlines()
    assert lines == ["name      n", "──────  ───", "x         1", "longer  200", "(2 rows)"]


LONG = pa.table({"n": range(1500), "t": ["y" * 100] * 1500})


def test_for_a_terminal_a_table_is_cut_with_a_word_about_it() -> None:
    text = str(render(LONG, "table", whole=False))
    assert text.endswith("(1500 rows, the first 1000 shown; a pipe or --format csv has them all)\n")
    assert max(map(len, text.splitlines())) < 80


def test_elsewhere_every_row_and_cell_is_there() -> None:
    lines = str(render(LONG, "table")).splitlines()
    assert len(lines) == 1500 + 3
    assert {len(line) for line in lines[1:-1]} == {4 + 2 + 100}
    assert lines[-1] == "(1500 rows)"


def test_line_breaks_and_control_characters_cannot_disturb_the_table() -> None:
    text = str(render(pa.table({"uri": ["a\nb\x1b[31m"]}), "table"))
    assert len(text.splitlines()) == 4
    assert text.splitlines()[2] == r"a\nb\x1b[31m"


def test_a_plan_is_shown_as_it_was_drawn() -> None:
    plan = pa.table({"explain_key": ["physical_plan"], "explain_value": ["╭─╮\n╰─╯\n"]})
    assert render(plan, "table") == "╭─╮\n╰─╯\n"


def test_another_format_is_refused_with_the_list() -> None:
    with pytest.raises(QueryError, match="'xml': choose table, csv, json, parquet"):
        render(TABLE, "xml")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("name", STORED)
def test_a_name_is_harmless_in_every_format_and_exact_where_programs_read(
    name: str, encoding: str
) -> None:
    table = pa.table({name: [name], "n": [-1]})
    shown = str(render(table, "table", encoding))
    assert visible(name, encoding) in shown.splitlines()[0]
    assert visible(name, encoding) in shown.splitlines()[2]
    assert len(shown.splitlines()) == 4
    assert visible_lines(shown, encoding) == shown
    text = str(render(table, "json", encoding))
    assert json.loads(text) == [{name: name, "n": -1}]
    assert visible_lines(text, encoding) == text
    header, (cell, number) = csv.reader(io.StringIO(str(render(table, "csv")), newline=""))
    assert cell == header[0] == (f"'{name}" if name[0] in NO_FORMULA else name)
    assert number == "-1"
    data = render(table, "parquet")
    assert isinstance(data, bytes)
    assert pq.read_table(pa.BufferReader(data)).to_pylist() == [{name: name, "n": -1}]


def test_a_table_can_be_drawn_in_ascii() -> None:
    table = pa.table({"text": ["x" * 80], "none": [None]})
    assert str(render(table, "table", "ascii", whole=False)).splitlines()[1:3] == [
        "-" * 60 + "  ----",
        "x" * 59 + "~",
    ]


def test_csv_of_every_kind_of_value() -> None:
    table = pa.table(
        {
            "n": [-1],
            "x": [-0.25],
            "yes": [True],
            "exact": pa.array([Decimal("-2.50")], pa.decimal128(9, 2)),
            "far": pa.array([Decimal(-7)], pa.decimal128(38, 0)),
        }
    )
    assert render(table, "csv") == "n,x,yes,exact,far\n-1,-0.25,true,-2.5,-7\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (1e-9, "1e-09"),
        (-4.9e-5, "-4.9e-05"),
        (5e-5, "5e-05"),
        (0.0004, "0.0004"),
        (0.00043219, "0.0004322"),
        (3e-7, "3e-07"),
        (-0.999951, "-1"),
        (0.25, "0.25"),
        (1234.56789, "1234.5679"),
        (1e15, "1000000000000000.0"),
    ],
)
def test_only_nothing_is_shown_as_0(value: float, shown: str) -> None:
    table = pa.table({"a": [value], "b": [[value]]})
    first, second = str(render(table, "table")).splitlines()[2].split()
    assert first == shown
    assert float(second.strip("[]")) == pytest.approx(value, rel=5e-4)
    assert (float(second.strip("[]")) == 0) == (value == 0)
