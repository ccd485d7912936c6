"""What makes a stored picture the true, upright one."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.footage.shape import (
    NEVER_SQUARE,
    PERHAPS_SQUARE,
    Part,
    Shape,
    Stated,
    from_display_matrix,
    sample_aspect,
    turned_aspect,
)


def stated(container: str | None, codec: str | None = None) -> Stated:
    """As FFmpeg gives it: the codec's word stands for the container's where that has none."""
    own = Fraction(codec) if codec else None
    return Stated(Fraction(container) if container else own, own)


@pytest.mark.parametrize(
    ("size_wh", "said", "expected"),
    [
        ((640, 480), stated(None), 1.0),
        ((640, 480), stated("1"), 1.0),
        ((720, 576), stated(None), 1.0),
        ((352, 288), stated(None), 1.0),
        ((720, 576), stated("12/11"), 12 / 11),
        ((720, 576), stated(None, "64/45"), 64 / 45),
        ((720, 576), stated("16/15", "64/45"), 16 / 15),
        ((1440, 1080), stated("1", "4/3"), 1.0),
        ((1440, 1080), stated("4/3"), 4 / 3),
        ((704, 288), stated("1/2"), 0.5),
        ((704, 288), stated("6/11"), 6 / 11),
        ((704, 288), stated("1"), 0.5),
        ((704, 288), stated("1", "6/11"), 6 / 11),
        ((352, 576), stated(None), 2.0),
        ((960, 1080), stated("1", "1"), 2.0),
        ((1920, 1080), stated("4320/4319"), 1.0),
        ((640, 480), stated("1/1000"), 1.0),
        ((640, 480), stated("1000"), 1.0),
        ((640, 480), stated("1/1000", "4/3"), 4 / 3),
    ],
)
def test_the_shape_of_pixels(size_wh: tuple[int, int], said: Stated, expected: float) -> None:
    assert sample_aspect(size_wh, said)[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("size_wh", "true_aspect", "expected"),
    [
        ((704, 288), 4 / 3, 6 / 11),
        ((960, 1080), 16 / 9, 2.0),
        ((640, 480), 4 / 3, 1.0),
        ((640, 480), 1.335, 1.0),
        ((720, 576), 16 / 9, 64 / 45),
        ((640, 480), 500.0, 1.0),
    ],
)
def test_the_manifest_knows_better(
    size_wh: tuple[int, int], true_aspect: float, expected: float
) -> None:
    assert sample_aspect(size_wh, stated("8/5"), true_aspect)[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("size_wh", "said", "true_aspect", "words"),
    [
        ((704, 288), stated(None), None, ("704x288", "2CIF", "704x576", "`aspect`")),
        ((960, 1080), stated("1"), None, ("960x1080", "1080N", "1920x1080", "`aspect`")),
        ((960, 576), stated(None), None, ("960x576", "960H", "as it is stored", "`aspect`")),
        ((720, 576), stated("16/15", "64/45"), None, ("16:15 is believed", "64:45", "`aspect`")),
        ((640, 480), stated("1/1000"), None, ("1:1000", "cannot be", "square")),
        ((640, 480), stated("1/1000", "4/3"), None, ("4:3 is believed", "1:1000")),
        ((640, 480), stated(None), 500.0, ("manifest", "cannot be")),
    ],
)
def test_what_was_guessed_or_left_out_of_account_is_said(
    size_wh: tuple[int, int], said: Stated, true_aspect: float | None, words: tuple[str, ...]
) -> None:
    _, note = sample_aspect(size_wh, said, true_aspect)
    assert note is not None
    assert all(word in note for word in words), note


@pytest.mark.parametrize(
    ("size_wh", "said"),
    [((640, 480), stated(None)), ((720, 576), stated(None)), ((704, 288), stated("1/2"))],
)
def test_nothing_is_said_where_nothing_is_doubtful(size_wh: tuple[int, int], said: Stated) -> None:
    assert sample_aspect(size_wh, said)[1] is None


def test_the_tables_do_not_overlap_and_only_enlarge_to_usual_shapes() -> None:
    assert not NEVER_SQUARE.keys() & PERHAPS_SQUARE.keys()
    for size_wh, (_, ratio) in NEVER_SQUARE.items():
        width, height = Shape(float(ratio)).stretched_wh(size_wh)
        assert 1.2 <= width / height <= 2.0, size_wh


@pytest.mark.parametrize(
    ("aspect", "rotation_deg", "expected"),
    [(None, 90, None), (1.5, 0, 1.5), (1.5, 180, 1.5), (1.5, 90, 1 / 1.5), (0.5, 270, 2.0)],
)
def test_a_true_aspect_before_a_turn(
    aspect: float | None, rotation_deg: int, expected: float | None
) -> None:
    assert turned_aspect(aspect, rotation_deg) == expected


# How the stored x and y axes point on the screen, whose y points down.
RIGHT, LEFT, DOWN, UP = (1, 0), (-1, 0), (0, 1), (0, -1)


@pytest.mark.parametrize(
    ("across", "down", "mirrored", "rotation_deg"),
    [
        (RIGHT, DOWN, False, 0),
        (DOWN, LEFT, False, 90),
        (LEFT, UP, False, 180),
        (UP, RIGHT, False, 270),
        (LEFT, DOWN, True, 0),
        (UP, LEFT, True, 90),
        (RIGHT, UP, True, 180),
        (DOWN, RIGHT, True, 270),
    ],
)
@pytest.mark.parametrize("unit", [65536, 32768, 1])
def test_display_matrices(
    across: tuple[int, int], down: tuple[int, int], mirrored: bool, rotation_deg: int, unit: int
) -> None:
    (a, b), (c, d) = across, down
    numbers = (a * unit, b * unit, 0, c * unit, d * unit, 0, 640 * unit, 0, 1 << 30)
    assert from_display_matrix(struct.pack("=9i", *numbers)) == (mirrored, rotation_deg)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (None, (False, 0)),
        (b"", (False, 0)),
        (bytes(36), (False, 0)),
        (struct.pack("=9i", 65535, 30, 0, -30, 65535, 0, 0, 0, 1 << 30), (False, 0)),
        (struct.pack("=9i", 131072, 0, 0, 0, 65536, 0, 0, 0, 1 << 30), (False, 0)),
    ],
)
def test_odd_matrices(matrix: bytes | None, expected: tuple[bool, int]) -> None:
    assert from_display_matrix(matrix) == expected


shapes = st.builds(Shape, st.floats(0.25, 4.0), st.booleans(), st.integers(0, 3))
sizes = st.tuples(st.integers(1, 4000), st.integers(1, 4000))


@given(shapes, sizes)
def test_stretching_never_makes_smaller(shape: Shape, stored_wh: tuple[int, int]) -> None:
    stretched = shape.stretched_wh(stored_wh)
    assert all(after >= before for after, before in zip(stretched, stored_wh, strict=True))
    assert stretched[0] == stored_wh[0] or stretched[1] == stored_wh[1]
    assert shape.turned_wh(shape.true_wh(stored_wh)) == stretched


def turned_back(shape: Shape, part: Part, stretched_wh: tuple[int, int]) -> Part:
    """Where a part of the stretched picture lies in the true one: step by step, the slow way."""
    (width, height), (left, top, right, bottom) = stretched_wh, part
    if shape.mirrored:
        left, right = width - right, width - left
    for _ in range(shape.turns):
        left, top, right, bottom = height - bottom, left, height - top, right
        width, height = height, width
    return left, top, right, bottom


@given(shapes, sizes, st.data())
def test_parts_find_back(shape: Shape, stored_wh: tuple[int, int], data: st.DataObject) -> None:
    width, height = true_wh = shape.true_wh(stored_wh)
    xs = sorted(data.draw(st.lists(st.integers(0, width), min_size=2, max_size=2)))
    ys = sorted(data.draw(st.lists(st.integers(0, height), min_size=2, max_size=2)))
    part = xs[0], ys[0], xs[1], ys[1]
    stretched_wh = shape.turned_wh(true_wh)
    before = shape.before_turning(part, stretched_wh)
    assert turned_back(shape, before, stretched_wh) == part
    assert 0 <= before[0] <= before[2] <= stretched_wh[0]
    assert 0 <= before[1] <= before[3] <= stretched_wh[1]
