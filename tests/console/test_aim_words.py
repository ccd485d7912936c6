from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lfr_batch.console.aim_words import DARK_AND_BLURRED, LIGHT, NOBODY, SOFT, aim_words
from lfr_batch.live.records import AimGuide

EMPTY = AimGuide((1280, 720), least_px=32.0)


def seen(faces: int, compared: int, **changes: Any) -> AimGuide:
    guide = replace(EMPTY, faces=faces, compared=compared, width_px=(20.0, 30.6, 60.0))
    return replace(guide, **changes)


@pytest.mark.parametrize(
    ("guide", "first"),
    [
        (EMPTY, NOBODY),
        (seen(1, 1), "The only face in the last minute would be compared."),
        (seen(10, 10), "All 10 faces of the last minute would be compared."),
        (
            seen(10, 7, reasons={"small": 3}, small_px=24.2),
            "7 of 10 faces would be compared. The others are too small: 24 px wide, 32 are needed "
            "– zoom in or move closer.",
        ),
        (
            seen(10, 0, reasons={"small": 6, "turned": 4}, small_px=24.2),
            "None of 10 faces would be compared. Most of them are too small: 24 px wide, 32 are "
            "needed – zoom in or move closer.",
        ),
        (
            seen(2, 1, reasons={"small": 1}, small_px=33.0),
            "1 of 2 faces would be compared. The other one is too small: zoom in or move closer.",
        ),
        (
            seen(1, 0, reasons={"turned": 1}),
            "The only one seen would not be compared. It is turned away: point the camera along "
            "the way that people walk.",
        ),
    ],
)
def test_what_share_would_be_compared(guide: AimGuide, first: str) -> None:
    assert next(aim_words(guide)) == first


def test_none_of_all_is_said_so() -> None:
    [first, *_] = aim_words(seen(3, 0, reasons={"blurred": 3}))
    assert first.startswith("None of 3 faces would be compared. They are blurred:")


def test_how_large_faces_are() -> None:
    *_, last = aim_words(seen(4, 4))
    assert last == "Faces are 20 to 60 px wide, half of them 31 or more; 32 are needed."
    *_, last = aim_words(seen(1, 1, width_px=(40.0, 40.0, 40.0)))
    assert last == "Faces are 40 px wide; 32 are needed."


@pytest.mark.parametrize("light", LIGHT)
def test_light_and_focus_are_said_also_where_nobody_is_seen(light: Any) -> None:
    assert list(aim_words(replace(EMPTY, light=light, is_soft=True))) == [
        NOBODY,
        LIGHT[light],
        SOFT,
    ]


def test_nobody_is_told_to_shorten_the_exposure_and_to_lengthen_it() -> None:
    [first, then, _] = aim_words(seen(4, 1, reasons={"blurred": 3}, light="dark"))
    assert "a shorter exposure helps" in first
    assert then == DARK_AND_BLURRED
    [_, then, _] = aim_words(seen(4, 1, reasons={"turned": 3}, light="dark"))
    assert then == LIGHT["dark"]
