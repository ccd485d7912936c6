from __future__ import annotations

import pyarrow as pa
import pytest

from lfr_batch.gallery.arrow_strings import ArrowStrings

WORDS = ("b", "", "é", "a", "a")


@pytest.mark.parametrize("chunks", [[WORDS], [WORDS[:2], WORDS[2:]], [(), WORDS, ()]])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_reads_like_a_tuple(chunks: list[tuple[str, ...]], kind: pa.DataType) -> None:
    strings = ArrowStrings(pa.chunked_array(chunks, kind))
    assert tuple(strings) == WORDS
    assert len(strings) == 5
    assert (strings[2], strings[-1]) == ("é", "a")
    assert strings[1:3] == ("", "é")
    assert (strings.index("a"), strings.count("a"), "c" in strings) == (3, 2, False)
    with pytest.raises(IndexError):
        strings[5]


def test_no_strings() -> None:
    assert tuple(ArrowStrings(pa.chunked_array([], pa.string()))) == ()


def test_more_than_one_block_in_order() -> None:
    numbers = [str(n) for n in range(70_000)]
    assert list(ArrowStrings(pa.chunked_array([numbers]))) == numbers
