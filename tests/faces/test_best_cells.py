"""Faces are the same bits, whether all cells of a detector are there or the best alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import DetectConfig
from lfr_batch.faces import centerface, yunet
from lfr_batch.faces.detectors import Detector, Input, make_detector
from lfr_batch.footage.stills import StillFrame
from lfr_batch.models.ladder import Size
from lfr_batch.models.manifest import DetectorKind, DetectorSpec
from lfr_batch.models.selection import MOST, SELECTIONS, Selection
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import open_planned
from lfr_batch.records import ByteArray, FaceBatch, FloatArray
from tests.models.heads import random_heads
from tests.one_case import ASTRONAUT, GROUP, installed_picture

SIZE_WH = (160, 96)


@dataclass(frozen=True, slots=True)
class Kind:
    name: DetectorKind
    decode: Callable[[Sequence[FloatArray], Size, float], list[FaceBatch]]
    decode_best: Callable[[FloatArray, Size, float], list[FaceBatch]]

    @property
    def selection(self) -> Selection:
        return SELECTIONS[self.name]


KINDS = {
    "yunet": Kind("yunet", yunet.decode, yunet.decode_best),
    "centerface": Kind(
        "centerface",
        lambda heads, _, min_score: centerface.decode(heads, min_score),
        centerface.decode_best,
    ),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def assert_same(one: FaceBatch, other: FaceBatch) -> None:
    for a, b in (
        (one.boxes_xyxy, other.boxes_xyxy),
        (one.landmarks_xy, other.landmarks_xy),
        (one.scores, other.scores),
    ):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def shuffled(rows: FloatArray, seed: int) -> FloatArray:
    return rows[:, np.random.default_rng(seed).permutation(rows.shape[1])]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("size_wh", [SIZE_WH, (320, 320)])
def test_any_heads_give_the_same_faces(kind: Kind, size_wh: Size, ties: bool) -> None:
    for seed in range(5):
        heads = random_heads(kind.selection, size_wh, 2, seed, ties=ties)
        rows = shuffled(kind.selection.all_rows(heads), seed)
        expected = kind.decode(heads, size_wh, 0.6)
        assert all(len(faces) for faces in expected)
        for found, wanted in zip(kind.decode_best(rows, size_wh, 0.6), expected, strict=True):
            assert_same(found, wanted)


@pytest.mark.parametrize("min_score", [0.0, 0.999999])
def test_everything_and_nothing(kind: Kind, min_score: float) -> None:
    heads = random_heads(kind.selection, SIZE_WH)
    rows = shuffled(kind.selection.all_rows(heads), 1)
    (expected,) = kind.decode(heads, SIZE_WH, min_score)
    (found,) = kind.decode_best(rows, SIZE_WH, min_score)
    assert bool(len(expected)) == (min_score == 0)
    assert_same(found, expected)


def test_what_a_session_left_out_for_a_higher_score_is_asked_for_in_vain(kind: Kind) -> None:
    rows = kind.selection.all_rows(random_heads(kind.selection, SIZE_WH))
    ranks = kind.selection.ranks(rows[0])
    best = rows[:, np.argsort(-ranks)[:100]]
    score = float(np.sort(ranks)[-100]) ** (1 / kind.selection.ranked_by)
    (found,) = kind.decode_best(best, SIZE_WH, score * 1.02)
    assert len(found)
    with pytest.raises(ValueError, match="left out"):
        kind.decode_best(best, SIZE_WH, score * 0.98)


def crowd(across: int) -> ByteArray:
    """The same six people, many times."""
    group = installed_picture(GROUP)
    small = cv2.resize(group, None, fx=1 / across, fy=1 / across, interpolation=cv2.INTER_AREA)
    return np.tile(np.asarray(small, np.uint8), (across, across, 1))


PICTURES: dict[str, Callable[[], ByteArray]] = {
    "one": lambda: installed_picture(ASTRONAUT),
    "six": lambda: installed_picture(GROUP),
    "150": lambda: crowd(5),
    "nobody": lambda: np.full((480, 640, 3), 90, np.uint8),
    "noise": lambda: np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8),
}


@lru_cache(maxsize=2)
def detector(home: Path, name: DetectorKind, selecting: bool, min_score: float) -> Detector:
    model = ModelFile(home / "models" / "open" / f"{name}.onnx", max_batch=2)
    model = replace(model, selection=SELECTIONS[name] if selecting else None)
    plan = SessionPlan("onnxruntime", "cpu", "f32", 2, at_once=2, one_shape=True)
    session = open_planned(model, replace(plan, min_score=min_score))
    assert (session.selection is not None) == selecting
    spec = DetectorSpec(kind=name, file=model.path.name)
    return make_detector(spec, session, DetectConfig(min_score=min_score))


def scaled(by: Detector, picture: ByteArray, long_side_px: int) -> Input:
    frame = StillFrame(picture)
    box = by.fit(frame.size_wh, long_side_px)
    return frame.rgb(*box.content_wh), box


@pytest.mark.parametrize(
    ("name", "long_side_px"),
    [("yunet", 160), ("yunet", 640), ("yunet", 1280), ("centerface", 160), ("centerface", 640)],
)
@pytest.mark.parametrize("min_score", [0.5, 0.2])
def test_real_pictures_show_the_same_faces(
    open_pack_home: Path, name: DetectorKind, long_side_px: int, min_score: float
) -> None:
    """In batches of two, the last of which is padded."""
    full, best = (detector(open_pack_home, name, each, min_score) for each in (False, True))
    inputs = [scaled(full, picture(), long_side_px) for picture in PICTURES.values()]
    found, expected = list(best.detect_all(inputs)), list(full.detect_all(inputs))
    for one, other in zip(found, expected, strict=True):
        assert_same(one, other)
    few, six, many, *nobody = map(len, expected)
    assert nobody == [0, 0]
    assert min(few, six) >= 1
    assert long_side_px < 640 or (six >= 5 and many > 50)


def test_more_candidates_than_come_down_lose_nobody(open_pack_home: Path) -> None:
    """A crowd, where more cells than ``MOST`` score enough, alone and beside an empty picture."""
    full, best = (detector(open_pack_home, "yunet", each, 0.2) for each in (False, True))
    content, box = scaled(full, crowd(5), 1280)
    picture = full._pixels(content, box)
    input_wh = (picture.shape[2], picture.shape[1])
    heads = full.session.run(picture)
    selection = SELECTIONS["yunet"]
    over = selection.ranks(selection.all_rows(heads)) > 0.2**2
    assert np.count_nonzero(over) > MOST
    (expected,) = yunet.decode(heads, input_wh, 0.2)
    (rows,) = best.session.run(np.concatenate([np.zeros_like(picture), picture]))
    nobody, found = yunet.decode_best(rows, input_wh, 0.2)
    assert len(nobody) == 0
    assert_same(found, expected)
    assert_same(best.detect(content, box), box.to_picture(expected))


def test_a_reading_without_rows_refuses_them(open_pack_home: Path) -> None:
    best = detector(open_pack_home, "yunet", True, 0.5)
    deaf = replace(best, reading=replace(best.reading, decode_best=None))
    with pytest.raises(ValueError, match="YuNet reads no rows of cells"):
        deaf.detect(*scaled(best, installed_picture(ASTRONAUT), 160))
