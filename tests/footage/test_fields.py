"""Interlaced footage is told from its contents where something moves, else from what it says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lfr_batch.footage.fields import (
    TELLING_BLOCKS,
    Deinterlace,
    Said,
    Votes,
    as_asked,
    count,
    is_settled,
    is_worth_a_look,
    judge,
    remark,
)
from lfr_batch.records import ByteArray, FieldOrder

from .interlaced import moments, woven

NOTHING = Said()
TOP, BOTTOM, SOME = Said(True, "top"), Said(True, "bottom"), Said(True)
MANY = 10 * TELLING_BLOCKS


def lumas(pictures: Sequence[ByteArray]) -> list[ByteArray]:
    return [np.ascontiguousarray(picture[..., 0]) for picture in pictures]


@pytest.mark.parametrize("said", [NOTHING, TOP, BOTTOM, SOME])
@pytest.mark.parametrize("first", ["top", "bottom"])
def test_woven_pictures_tell_their_order(first: FieldOrder, said: Said) -> None:
    votes = count(lumas(woven(moments(12), first)))
    assert votes.combed > votes.progressive
    assert judge(votes, said) == first


@pytest.mark.parametrize("said", [NOTHING, TOP, BOTTOM, SOME])
@pytest.mark.parametrize("moving", [4, 8, 16])
def test_whole_pictures_are_not_combed_whatever_is_said(moving: int, said: Said) -> None:
    votes = count(lumas(moments(12, moving)))
    assert votes.progressive >= TELLING_BLOCKS
    assert votes.combed == 0
    assert judge(votes, said) == "progressive"


def test_a_person_in_front_of_a_wall_is_enough() -> None:
    """FFmpeg's idet, which averages over the whole picture, is undecided here."""
    frames = [frame.copy() for frame in woven(moments(24), "top")]
    for frame in frames:
        frame[:, :8], frame[120:] = 0, moments(1)[0][120:]
    assert judge(count(lumas(frames)), NOTHING) == "top"


@pytest.mark.parametrize(
    ("said", "expected"), [(NOTHING, "progressive"), (SOME, "top"), (BOTTOM, "bottom")]
)
def test_where_nothing_moves_the_file_is_believed(said: Said, expected: FieldOrder) -> None:
    still = moments(1) * 6
    assert count(lumas(still)) == Votes()
    assert judge(Votes(), said) == expected


def test_noise_and_flicker_tell_nothing() -> None:
    rng = np.random.default_rng(3)
    noisy = [
        np.clip(picture + rng.normal(0, 14, picture.shape) + 10 * (i % 2), 0, 255).astype(np.uint8)
        for i, picture in enumerate(lumas(moments(1) * 8))
    ]
    votes = count(noisy)
    assert judge(votes, NOTHING) == "progressive"
    assert judge(votes, TOP) == "top"


def test_a_change_of_size_is_no_movement() -> None:
    assert count([*lumas(moments(1)), *lumas(moments(1, size_wh=(400, 240)))]) == Votes()


@pytest.mark.parametrize("size_hw", [(1, 400), (2, 2), (15, 15), (480, 1)])
def test_pictures_too_small_to_tell(size_hw: tuple[int, int]) -> None:
    assert count([np.zeros(size_hw, np.uint8), np.full(size_hw, 255, np.uint8)]) == Votes()


@pytest.mark.parametrize(
    ("votes", "said", "expected"),
    [
        (Votes(combed=MANY, top=MANY), BOTTOM, "top"),
        (Votes(combed=MANY, top=MANY // 2, bottom=MANY // 2), BOTTOM, "bottom"),
        (Votes(combed=MANY, top=MANY // 2, bottom=MANY // 2), NOTHING, "top"),
        (Votes(combed=MANY * 2 // 5, progressive=MANY * 3 // 5), NOTHING, "top"),
        (Votes(combed=MANY // 10, progressive=MANY), NOTHING, "progressive"),
        (Votes(combed=MANY // 10, progressive=MANY), TOP, "top"),
        (Votes(combed=MANY // 50, progressive=MANY), TOP, "progressive"),
        (Votes(combed=3), NOTHING, "progressive"),
        (Votes(progressive=3), TOP, "top"),
    ],
)
def test_judgement(votes: Votes, said: Said, expected: FieldOrder) -> None:
    assert judge(votes, said) == expected


def test_more_is_looked_at_until_it_tells() -> None:
    assert not is_settled(Votes())
    assert not is_settled(Votes(combed=MANY, top=MANY // 2, bottom=MANY // 2))
    assert is_settled(Votes(combed=MANY, top=MANY))
    assert is_settled(Votes(progressive=MANY))
    assert not is_settled(Votes(combed=MANY // 10, progressive=MANY))


@pytest.mark.parametrize(
    ("height", "said", "places"),
    [
        (576, NOTHING, 8),
        (480, NOTHING, 8),
        (1080, NOTHING, 1),
        (720, NOTHING, 0),
        (288, NOTHING, 0),
        (2160, NOTHING, 0),
        (1080, SOME, 8),
        (288, TOP, 8),
    ],
)
def test_heights_that_interlaced_footage_has(height: int, said: Said, places: int) -> None:
    looks = [is_worth_a_look(place, height, Votes(), said) for place in range(8)]
    assert looks == [place < places for place in range(8)]
    assert not is_worth_a_look(0, height, Votes(progressive=MANY), said)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("auto", "bottom"), ("top", "top"), ("bottom", "bottom"), ("never", "progressive")],
)
def test_the_setting(asked: Deinterlace, expected: FieldOrder) -> None:
    assert as_asked("bottom", asked) == expected


@pytest.mark.parametrize(
    ("order", "said", "words"),
    [
        ("top", NOTHING, "not marked"),
        ("progressive", TOP, "marked as interlaced"),
        ("top", BOTTOM, "bottom field first"),
        ("top", TOP, None),
        ("top", SOME, None),
        ("progressive", NOTHING, None),
    ],
)
def test_what_differs_is_said(order: FieldOrder, said: Said, words: str | None) -> None:
    note = remark(order, said)
    assert (note is None) if words is None else (note is not None and words in note)
