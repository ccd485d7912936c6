from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.faces.letterbox import (
    CELL_PX,
    PART_SHARES,
    TRIMMED,
    Letterbox,
    PixelRegion,
    fit,
    fit_square,
    long_side_px,
    stack,
)
from lfr_batch.records import FaceBatch, FloatArray

Size = tuple[int, int]

sizes = st.tuples(st.integers(16, 4096), st.integers(16, 4096))


@st.composite
def parts(draw: st.DrawFn) -> tuple[Size, PixelRegion, Letterbox, Letterbox]:
    """A picture's size, a region of it, its whole input, and the input of the region."""
    size = draw(sizes)
    left, top = draw(st.integers(0, size[0] - 1)), draw(st.integers(0, size[1] - 1))
    right, bottom = draw(st.integers(left + 1, size[0])), draw(st.integers(top + 1, size[1]))
    whole = fit(size, draw(st.integers(128, 1280)))
    region = left, top, right, bottom
    return size, region, whole, whole.part(region)


def allowed(side: int) -> list[int]:
    return [math.ceil(side * share / CELL_PX) * CELL_PX for share in PART_SHARES]


def ordered(region: PixelRegion) -> PixelRegion:
    """The same two corners, the upper left first, and at least a pixel apart."""
    left, right = sorted((region[0], region[2]))
    top, bottom = sorted((region[1], region[3]))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def shown_of(part: Letterbox) -> FloatArray:
    """(4,) what the part shows of the whole scaled picture, in its pixels."""
    left_top = np.array(part.origin_xy, np.float32)
    return np.concatenate([left_top, left_top + part.input_wh]).astype(np.float32)


def points_at(points_xy: FloatArray) -> FaceBatch:
    n = len(points_xy)
    landmarks = np.repeat(points_xy[:, None], 5, axis=1)
    return FaceBatch(np.hstack([points_xy, points_xy]), landmarks, np.ones(n, np.float32))


@given(sizes, st.integers(128, 2048))
def test_the_input_holds_the_content_and_suits_the_detector(
    size: tuple[int, int], long_side: int
) -> None:
    box = fit(size, long_side)
    assert all(side % 32 == 0 for side in box.input_wh)
    assert all(0 <= i - c < 32 for i, c in zip(box.input_wh, box.content_wh, strict=True))
    assert max(box.content_wh) == min(max(size), long_side)


@given(sizes)
def test_a_square_input_holds_the_whole_picture(size: tuple[int, int]) -> None:
    box = fit_square(size, 640)
    assert max(box.content_wh) <= 640
    assert min(640 - side for side in box.content_wh) == 0


@given(sizes)
def test_faces_go_back_to_picture_pixels(size: tuple[int, int]) -> None:
    box = fit(size, 640)
    corner = np.array([*box.content_wh, *box.content_wh], np.float32)
    faces = FaceBatch(corner[None], np.tile(corner[:2], (1, 5, 1)), np.ones(1, np.float32))
    back = box.to_picture(faces)
    np.testing.assert_allclose(back.boxes_xyxy[0], [*size, *size], rtol=1e-4)
    np.testing.assert_allclose(back.landmarks_xy[0, 0], size, rtol=1e-4)


def test_stacked_pictures_stand_at_the_top_left() -> None:
    batch = stack([np.full((40, 60, 3), 200, np.uint8)], (64, 64))
    assert batch.shape == (1, 64, 64, 3)
    assert batch[0, :40, :60].min() == 200
    assert batch[0, 40:].max() == 0
    assert batch[0, :, 60:].max() == 0


@given(parts())
def test_a_part_is_a_piece_of_the_whole_input(
    made: tuple[Size, PixelRegion, Letterbox, Letterbox],
) -> None:
    _, _, whole, part = made
    assert (part.content_wh, part.scale_xy) == (whole.content_wh, whole.scale_xy)
    for start, side, whole_side in zip(part.origin_xy, part.input_wh, whole.input_wh, strict=True):
        assert start % CELL_PX == side % CELL_PX == 0
        assert CELL_PX <= side <= whole_side
        assert 0 <= start <= whole_side - side


@given(parts())
def test_a_part_shows_its_region_and_is_the_smallest_that_does(
    made: tuple[Size, PixelRegion, Letterbox, Letterbox],
) -> None:
    _, region, whole, part = made
    wanted = np.array(region, np.float32) * np.tile(np.array(whole.scale_xy, np.float32), 2)
    assert ((shown_of(part) - wanted) * (-1, -1, 1, 1)).min() > -0.01
    for axis in (0, 1):
        needed = wanted[axis + 2] - wanted[axis] + 2 * CELL_PX
        enough = [side for side in allowed(whole.input_wh[axis]) if side >= needed]
        assert part.input_wh[axis] in allowed(whole.input_wh[axis])
        assert part.input_wh[axis] <= min(enough, default=whole.input_wh[axis])


@given(sizes, st.integers(128, 1280), st.lists(st.tuples(*[st.floats(0, 1)] * 4), max_size=40))
def test_parts_of_one_input_have_few_shapes(
    size: Size, long_side: int, shares: list[tuple[float, float, float, float]]
) -> None:
    """A detector prepares itself for every new shape."""
    whole = fit(size, long_side)
    width, height = size[0] - 1, size[1] - 1
    regions = [
        (round(a * width), round(b * height), round(c * width), round(d * height))
        for a, b, c, d in shares
    ]
    shapes = {whole.part(ordered(region)).input_wh for region in regions}
    assert len(shapes) <= len(PART_SHARES) ** 2


@given(parts(), st.floats(0, 1), st.floats(0, 1))
def test_what_is_found_in_a_part_goes_back_to_its_place_in_the_picture(
    made: tuple[Size, PixelRegion, Letterbox, Letterbox], across: float, down: float
) -> None:
    size, _, _, part = made
    point = np.array([[across * size[0], down * size[1]]], np.float32)
    in_input = point * np.array(part.scale_xy, np.float32) - np.array(part.origin_xy, np.float32)
    back = part.to_picture(points_at(in_input))
    np.testing.assert_allclose(back.boxes_xyxy[0], np.tile(point[0], 2), rtol=1e-4, atol=0.02)
    np.testing.assert_allclose(back.landmarks_xy[0, 0], point[0], rtol=1e-4, atol=0.02)


@given(parts())
def test_a_part_that_shows_all_of_the_picture_is_no_part(
    made: tuple[Size, PixelRegion, Letterbox, Letterbox],
) -> None:
    _, _, whole, part = made
    left, top, right, bottom = shown_of(part)
    all_of_it = left == top == 0 and right >= part.content_wh[0] and bottom >= part.content_wh[1]
    assert part.is_part is not all_of_it
    assert not whole.is_part
    assert not fit_square((640, 360), 640).is_part


@given(parts(), st.integers(0, 4))
def test_what_a_part_shows_ends_before_its_borders_but_not_before_the_picture_s(
    made: tuple[Size, PixelRegion, Letterbox, Letterbox], border_px: int
) -> None:
    """A face may reach beyond the picture: where that ends, nothing has cut it."""
    size, region, _, part = made
    shown, input_xyxy = part.shown_xyxy(border_px), shown_of(part)
    lost = border_px / np.tile(part.scale_xy, 2) + 0.01 * np.tile(size, 2) / 1000
    assert np.all(shown[:2] <= np.array(region[:2]) + lost[:2])
    assert np.all(shown[2:] >= np.array(region[2:]) - lost[2:])
    assert np.all(np.isneginf(shown[:2]) == (input_xyxy[:2] == 0))
    assert np.all(np.isposinf(shown[2:]) == (input_xyxy[2:] >= part.content_wh))
    inside = (input_xyxy + np.repeat([border_px, -border_px], 2)) / np.tile(part.scale_xy, 2)
    finite = np.isfinite(shown)
    np.testing.assert_allclose(shown[finite], inside[finite], rtol=1e-5)


@pytest.mark.parametrize(
    ("region", "origin", "input_wh"),
    [
        ((0, 0, 1280, 720), (0, 0), (640, 384)),
        ((0, 0, 10, 10), (0, 0), (192, 128)),
        ((64, 64, 448, 320), (32, 32), (192, 128)),
        ((60, 60, 448, 320), (0, 0), (384, 256)),
        ((1279, 719, 1280, 720), (448, 256), (192, 128)),
        ((0, 100, 1280, 200), (0, 32), (640, 128)),
    ],
    ids=["all", "corner", "on the grid", "across the grid", "last pixel", "across the picture"],
)
def test_where_parts_of_a_720p_picture_lie(
    region: PixelRegion, origin: Size, input_wh: Size
) -> None:
    part = fit((1280, 720), 640).part(region)
    assert (part.origin_xy, part.input_wh) == (origin, input_wh)


def test_a_part_is_cut_out_of_the_scaled_picture_and_filled_with_black() -> None:
    whole = fit((100, 70), 640)
    content = np.random.default_rng(0).integers(1, 255, (70, 100, 3), np.uint8)
    part = whole.part((70, 40, 100, 70))
    (given,) = stack([part.cut(content)], part.input_wh)
    (every,) = stack([whole.cut(content)], whole.input_wh)
    assert (part.origin_xy, part.input_wh) == ((64, 32), (64, 64))
    np.testing.assert_array_equal(given, every[32:, 64:])
    np.testing.assert_array_equal(every[:70, :100], content)


@pytest.mark.parametrize(
    ("size", "smallest_px", "shown_px", "expected"),
    [
        ((1920, 1080), 32.0, 16.0, 960),
        ((1080, 1920), 32.0, 16.0, 960),
        ((1920, 1080), 32.0, 64.0, 1920),
        ((640, 360), 32.0, 24.0, 480),
        ((641, 360), 32.0, 24.0, 481),
    ],
    ids=["half", "upright", "never enlarged", "three quarters", "rounded up"],
)
def test_a_picture_is_made_as_small_as_its_smallest_faces_allow(
    size: Size, smallest_px: float, shown_px: float, expected: int
) -> None:
    assert long_side_px(size, smallest_px, shown_px) == expected


@pytest.mark.parametrize(
    ("size", "side_px", "content", "input_wh"),
    [
        ((1280, 720), 800, (800, 448), (800, 448)),
        ((1920, 1080), 1200, (1200, 672), (1216, 672)),
        ((720, 1280), 800, (448, 800), (448, 800)),
        ((720, 576), 450, (448, 360), (448, 384)),
        ((640, 480), 400, (400, 300), (416, 320)),
        ((20, 20), 20, (20, 20), (32, 32)),
    ],
)
def test_a_side_is_trimmed_where_that_spares_cells(
    size: Size, side_px: int, content: Size, input_wh: Size
) -> None:
    box = fit(size, side_px).trimmed()
    assert (box.content_wh, box.input_wh) == (content, input_wh)
    assert box.scale_xy == pytest.approx((content[0] / size[0], content[1] / size[1]))
    assert not box.is_part


@given(size=sizes, side_px=st.integers(128, 1280))
def test_trimming_takes_little_and_needs_no_more_cells(size: Size, side_px: int) -> None:
    whole = fit(size, side_px)
    box = whole.trimmed()
    for before, after in zip(whole.content_wh, box.content_wh, strict=True):
        assert (1 - TRIMMED) * before <= after <= before
    assert all(a <= b for a, b in zip(box.input_wh, whole.input_wh, strict=True))
    assert all(a <= b for a, b in zip(box.content_wh, box.input_wh, strict=True))
