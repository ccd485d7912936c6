from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO, cast

import numpy as np
import pytest

from lfr_batch.footage.kept import KeptParts
from lfr_batch.footage.ranged import KIB, MIB, Ahead, RangedReader, in_parts, window

DATA = np.random.default_rng(0).bytes(3 * MIB)
LOOKING = Ahead(64 * KIB, MIB)
READING = Ahead(256 * KIB, MIB, near_bytes=256 * KIB, leaves_out=False)
END = len(DATA)

Asked = list[tuple[int, int]]


def asking(
    ahead: Ahead, shared: KeptParts | None = None, data: bytes = DATA
) -> tuple[RangedReader, Asked]:
    """With all that it asks for, in KiB."""
    asked: Asked = []

    def fetch(start: int, stop: int) -> bytes:
        asked.append((start // KIB, stop // KIB))
        return data[start:stop]

    return RangedReader(len(data), fetch, ahead, shared), asked


@pytest.mark.parametrize("shared_bytes", [0, 100, 500, 2000])
@pytest.mark.parametrize("whole_bytes", [0, 2000])
@pytest.mark.parametrize("leaves_out", [True, False])
def test_it_is_a_file(shared_bytes: int, whole_bytes: int, leaves_out: bool) -> None:
    data = DATA[:1000]
    ahead = Ahead(16, 64, whole_bytes, near_bytes=16, leaves_out=leaves_out)
    reader, _ = asking(ahead, KeptParts(shared_bytes), data)
    file = io.BufferedReader(reader, 16)
    glance = io.BufferedReader(reader.in_glances(), 8)
    rng = np.random.default_rng(1)
    for start, length in rng.integers(0, 1100, (400, 2)):
        for each in (file, glance):
            each.seek(int(start))
            assert each.read(int(length)) == data[start : start + length]


@pytest.mark.parametrize(
    ("ahead", "places", "asked"),
    [
        (LOOKING, [0], [(0, 64)]),
        (LOOKING, [0, 1000, 30 * KIB], [(0, 64)]),
        (LOOKING, [2 * MIB, 0], [(2048, 2112), (0, 64)]),
        # Who reads on is given more and more.
        (LOOKING, range(0, MIB // 2, 64 * KIB), [(0, 64), (64, 192), (192, 448), (448, 960)]),
        # What was left out is not asked for.
        (LOOKING, [0, 200 * KIB], [(0, 64), (200, 328)]),
        (LOOKING, [0, 400 * KIB], [(0, 64), (400, 464)]),
        # What is there already is not asked for again.
        (LOOKING, [100 * KIB, 0, 64 * KIB], [(100, 164), (0, 64), (64, 192)]),
        (LOOKING, [100 * KIB, 40 * KIB], [(100, 164), (40, 100)]),
        (READING, [0, 400 * KIB], [(0, 256), (256, 912)]),
        (READING, [0, MIB], [(0, 256), (1024, 1280)]),
        (LOOKING, [END - 1, END], [(3071, 3072)]),
        (Ahead(64 * KIB, MIB, END), [MIB, 0, 2 * MIB], [(0, 3072)]),
        (Ahead(64 * KIB, MIB, END - 1), [MIB, 0], [(1024, 1088), (0, 64)]),
    ],
)  # fmt: skip
def test_how_much_is_asked_for(ahead: Ahead, places: Sequence[int], asked: Asked) -> None:
    reader, found = asking(ahead, KeptParts(4 * MIB))
    for place in places:
        reader.seek(place)
        assert reader.read(100) == DATA[place : place + 100]
    assert found == asked


def test_an_index_is_asked_for_as_long_as_it_is() -> None:
    reader, asked = asking(LOOKING)
    file = io.BufferedReader(reader, 16 * KIB)
    file.seek(MIB)
    assert file.read(640 * KIB) == DATA[MIB : MIB + 640 * KIB]
    assert asked == [(1024, 1664)]


@pytest.mark.parametrize("shared_bytes", [0, 4 * MIB])
def test_what_was_read_is_there_for_the_next(shared_bytes: int) -> None:
    shared = KeptParts(shared_bytes)
    for _ in range(2):
        reader, asked = asking(LOOKING, shared)
        reader.seek(MIB)
        assert reader.read(100) == DATA[MIB : MIB + 100]
        reader.close()
    assert asked == ([] if shared_bytes else [(1024, 1088)])


def test_where_there_is_no_room_any_more_nothing_is_fetched_whole_again_and_again() -> None:
    shared = KeptParts(4 * MIB)
    reader, asked = asking(Ahead(64 * KIB, MIB, END), shared)
    shared.close()  # other objects were opened meanwhile
    file = io.BufferedReader(reader.in_glances(), 16 * KIB)
    assert file.read() == DATA
    assert sum(stop - start for start, stop in asked) == END // KIB


@pytest.mark.parametrize("first", [0, 1024])
def test_a_window_gives_what_is_there_before_more_is_fetched(first: int) -> None:
    reader, asked = asking(LOOKING)
    file = io.BufferedReader(reader, 64 * KIB)
    end = END - first
    part = window(cast("BinaryIO", file), first, None, ((end, end + 32),))
    for place, length in ((0, 64 * KIB), (60 * KIB, 4 * KIB)):
        part.seek(place)
        assert part.read(64 * KIB) == DATA[first + place : first + place + length]
    assert asked == [(first // KIB, first // KIB + 64)]
    part.seek(end)
    assert part.read(8) == b"\0\0\0\1free"
    part.close()
    assert reader.closed


def test_a_file_on_disk_is_read_as_it_is() -> None:
    file = io.BytesIO(DATA)
    assert in_parts(file) is file
