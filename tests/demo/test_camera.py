"""The camera points where its path says, sees what is there, and adds what a sensor adds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.demo.camera import SHAKE_PX, Exposure, View, expose, grain_fields, see, view_at

PATH = (View(0.0, 100, 50, 200), View(2.0, 100, 50, 200), View(6.0, 300, 80, 100))


@pytest.mark.parametrize(
    ("time_s", "cx", "width"),
    [(0.0, 100, 200), (1.0, 100, 200), (2.0, 100, 200), (4.0, 200, 150), (6.0, 300, 100)],
)
def test_the_path_passes_its_points(time_s: float, cx: float, width: float) -> None:
    view = view_at(PATH, time_s)
    assert (view.cx, view.width) == (cx, width)


@pytest.mark.parametrize(("time_s", "end"), [(-1.0, PATH[0]), (99.0, PATH[-1])])
def test_before_and_after_its_path_the_camera_rests(time_s: float, end: View) -> None:
    assert view_at(PATH, time_s) == end


@given(st.floats(0.0, 6.0), st.floats(0.0, 6.0))
def test_the_pan_never_goes_back(first_s: float, second_s: float) -> None:
    early, late = sorted((first_s, second_s))
    assert view_at(PATH, early).cx <= view_at(PATH, late).cx + 1e-9


@given(st.floats(0.0, 100.0))
def test_what_is_in_the_middle_of_the_view_is_in_the_middle_of_the_picture(time_s: float) -> None:
    scene = np.zeros((200, 400, 3), np.uint8)
    scene[88:93, 298:303] = 255
    seen = see(scene, View(time_s, 300.5, 90.5, 200), (100, 60))
    rows, columns = np.nonzero(seen[..., 0] > 64)
    assert abs(columns.mean() - 50) <= SHAKE_PX + 1
    assert abs(rows.mean() - 30) <= SHAKE_PX + 1


def test_grain_is_repeatable_and_as_strong_as_asked() -> None:
    look = Exposure(gain_bgr=(1.0, 1.0, 1.0), offset=0.0, noise_sigma=5.0, seed=3)
    grey = np.full((120, 160, 3), 128, np.uint8)
    first, again = (expose(grey, look, grain_fields(look, (160, 120))[0], 0) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.std() == pytest.approx(5.0, abs=0.6)
    assert first.mean() == pytest.approx(128.0, abs=0.5)


def test_the_look_changes_contrast_and_brightness_only() -> None:
    look = Exposure(gain_bgr=(0.5, 0.5, 0.5), offset=10.0, noise_sigma=0.0)
    ramp = np.repeat(np.arange(256, dtype=np.uint8).reshape(1, 256, 1), 3, axis=2)
    shown = expose(ramp, look, grain_fields(look, (256, 1))[0], 0)
    assert shown[0, 0].tolist() == [10, 10, 10]
    assert shown[0, 200].tolist() == [110, 110, 110]
