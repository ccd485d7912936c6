from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.visible import ornament, plain_line, visible, visible_json, visible_lines
from tests.names import NAMES, SHOWN_AS

TEXT = st.text(st.characters())


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_itself_but_for_what_does_not_show(name: str) -> None:
    assert visible(name) == SHOWN_AS[name]


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("gäte – 中 😀", "ascii", r"g\xe4te \u2013 \u4e2d \U0001f600"),
        ("gäte – 中", "latin-1", r"gäte \u2013 \u4e2d"),
        ("gäte – 中", "utf-8", "gäte – 中"),
    ],
)
def test_what_an_encoding_lacks_is_an_escape(text: str, encoding: str, shown: str) -> None:
    assert visible(text, encoding) == shown


@given(TEXT, st.sampled_from(["utf-8", "ascii", "latin-1", "cp1252"]))
def test_the_outcome_prints_on_one_line_whatever_comes(text: str, encoding: str) -> None:
    shown = visible(text, encoding)
    assert shown.isprintable()
    shown.encode(encoding)
    assert visible(shown, encoding) == shown


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        (" OP-1\n", "OP-1"),
        ("Insp.\tA.\u00a0 Example", "Insp. A. Example"),
        ("Main\u200b St\u202ereet", "Main Street"),
        ("gäte – 中", "gäte – 中"),
        ("\u200b \u2060\x1b\n", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_what_is_put_on_record_is_one_line_of_what_can_be_seen(
    stated: str | None, kept: str
) -> None:
    assert plain_line(stated) == kept


@given(TEXT)
def test_what_is_put_on_record_needs_no_escape(text: str) -> None:
    line = plain_line(text)
    assert visible(line) == line
    assert plain_line(line) == line


def test_a_text_keeps_its_own_lines() -> None:
    assert visible_lines("a\x1b\nb\u202e\n") == "a\\x1b\nb\\u202e\n"


@given(TEXT, st.sampled_from(["utf-8", "ascii"]))
def test_json_means_the_same(text: str, encoding: str) -> None:
    plain = json.dumps([text], ensure_ascii=False, indent=1)
    shown = visible_json(plain, encoding)
    assert json.loads(shown) == [text]
    assert all(line.isprintable() for line in shown.split("\n"))
    shown.encode(encoding)


@pytest.mark.parametrize(("encoding", "drawn"), [("utf-8", "─"), ("ascii", "-")])
def test_ornaments(encoding: str, drawn: str) -> None:
    assert ornament("─", "-", encoding) == drawn
