"""Interlaced footage is searched in whole pictures of one moment each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.footage.decoded import Decoded
from lfr_batch.footage.decoders import Decoding
from lfr_batch.footage.deinterlace import (
    deinterlaced,
    field_gap_ns,
    neighbours,
    pays_for_both_fields,
)
from lfr_batch.footage.pyav_frame import PyavFrame, Scalers
from lfr_batch.footage.segments import plan_segments
from lfr_batch.footage.shape import Shape
from lfr_batch.footage.stillness import Stillness
from lfr_batch.recognition.looks import SegmentCounts
from lfr_batch.recognition.selection import select_looks
from lfr_batch.records import ByteArray, FieldOrder, FootageAsset, FootageEntry, Segment
from tests.probing import probe

from .clips import frames_of, whole, write_clip
from .interlaced import BOTTOM, MARKED, SIZE_WH, UNMARKED, moments, woven

S3 = S3Config()
FRAMES = 40
FILMED = moments(2 * FRAMES)


def probed(path: Path, footage: FootageConfig | None = None) -> FootageAsset:
    asset = probe(FootageEntry(str(path)), footage or FootageConfig(), S3)
    assert asset.status == "ok", asset.error
    return asset


def segment_of(path: Path, fields: FieldOrder) -> Segment:
    return plan_segments(replace(probed(path), fields=fields), 600.0, "key")[0]


def error(frame: PyavFrame, filmed: ByteArray) -> float:
    """Mean difference in luma from what was filmed."""
    rgb = frame.rgb(*SIZE_WH)
    return float(np.abs(rgb.astype(int) - filmed).mean())


@pytest.mark.parametrize(
    ("first", "codec", "encoder", "container"),
    [
        ("top", "libx264", MARKED, "ts"),
        ("top", "libx264", MARKED, "mp4"),
        ("bottom", "libx264", BOTTOM, "mkv"),
        ("top", "libx264", UNMARKED, "mp4"),
        ("bottom", "libx264", UNMARKED, "avi"),
        ("bottom", "libx264", MARKED, "mp4"),
        ("top", "mpeg2video", {"flags": "+ildct+ilme", "b": "8M"}, "ts"),
        ("bottom", "mjpeg", {"q": "3"}, "avi"),
    ],
    ids=str,
)
def test_field_order_is_found(
    tmp_path: Path, first: FieldOrder, codec: str, encoder: dict[str, str], container: str
) -> None:
    path = write_clip(
        tmp_path / f"a.{container}", woven(FILMED, first), codec=codec, encoder=encoder
    )
    assert probed(path).fields == first


@pytest.mark.parametrize(
    ("codec", "encoder"),
    [
        ("libx264", UNMARKED),
        ("libx264", MARKED),
        ("mpeg2video", {"flags": "+ildct+ilme", "b": "8M"}),
    ],
)
def test_whole_pictures_are_left_as_they_are(
    tmp_path: Path, codec: str, encoder: dict[str, str]
) -> None:
    path = write_clip(tmp_path / "a.ts", FILMED[:FRAMES], codec=codec, encoder=encoder)
    asset = probed(path)
    assert asset.fields == "progressive"
    assert (asset.notes is not None) == (encoder is not UNMARKED)
    frames = list(frames_of(plan_segments(asset, 600.0, "key")[0]))
    assert all(frame.other_field() is None for frame in frames)
    # swscale scales the fields of frames that are marked as interlaced each by itself.
    errors = [error(frame, filmed) for frame, filmed in zip(frames, FILMED, strict=False)]
    assert max(errors) < 4
    small = frames[20].luma(*(side // 5 for side in SIZE_WH)).astype(int)
    plain = FILMED[20][..., 0].reshape(SIZE_WH[1] // 5, 5, SIZE_WH[0] // 5, 5).mean((1, 3))
    assert np.abs(small - plain).mean() < 4


def test_what_moves_late_is_found_where_recorders_do_not_mark_it(tmp_path: Path) -> None:
    still = [woven(FILMED, "top")[0][..., :] * 0 + 90] * 200
    path = write_clip(tmp_path / "a.mp4", [*still, *woven(FILMED, "top")], encoder=UNMARKED)
    assert probed(path).fields == "top"


@pytest.mark.parametrize(("asked", "expected"), [("never", "progressive"), ("bottom", "bottom")])
def test_the_setting_goes_before_what_is_found(
    tmp_path: Path, asked: str, expected: FieldOrder
) -> None:
    path = write_clip(tmp_path / "a.mp4", woven(FILMED, "top"), encoder=MARKED)
    assert probed(path, FootageConfig.model_validate({"deinterlace": asked})).fields == expected


@pytest.mark.parametrize("first", ["top", "bottom"])
def test_frames_show_the_moment_of_their_first_field(tmp_path: Path, first: FieldOrder) -> None:
    path = write_clip(tmp_path / "a.mp4", woven(FILMED, first), encoder=UNMARKED)
    frames = list(frames_of(segment_of(path, first), how=Decoding(sample_fps=5.0)))
    as_stored = list(frames_of(segment_of(path, "progressive")))
    assert [frame.pts_ns for frame in frames] == [frame.pts_ns for frame in as_stored]
    for n, (frame, stored) in enumerate(zip(frames, as_stored, strict=True)):
        other = frame.other_field()
        assert other is not None
        assert other.size_wh == frame.size_wh
        assert error(frame, FILMED[2 * n]) < 0.5 * error(stored, FILMED[2 * n]), n
        assert error(other, FILMED[2 * n + 1]) < 0.5 * error(stored, FILMED[2 * n + 1]), n


def test_both_fields_are_frames_where_more_are_asked_for_than_there_are(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", woven(FILMED, "top"), encoder=UNMARKED)
    frames = list(frames_of(segment_of(path, "top"), how=Decoding(sample_fps=50.0)))
    assert [frame.pts_ns for frame in frames] == [n * 20_000_000 for n in range(2 * FRAMES)]
    errors = [error(frame, filmed) for frame, filmed in zip(frames, FILMED, strict=True)]
    stored = list(frames_of(segment_of(path, "progressive")))
    assert max(errors) < 0.6 * min(error(f, FILMED[2 * n]) for n, f in enumerate(stored))


def test_frames_do_not_depend_on_where_decoding_began(tmp_path: Path) -> None:
    """But for the first of a segment, which has none before it."""
    path = write_clip(tmp_path / "a.mp4", woven(FILMED, "top"), encoder={"bf": "2"})
    asset = replace(probed(path), fields="top")
    entire = replace(whole(path), fields="top")
    in_one = {f.pts_ns: f.rgb(*SIZE_WH) for f in frames_of(entire, how=Decoding(sample_fps=5.0))}
    parts = plan_segments(asset, 1.0, "key")
    assert len(parts) == 2
    for part in parts:
        for n, frame in enumerate(frames_of(part, how=Decoding(sample_fps=5.0))):
            if n:
                np.testing.assert_array_equal(frame.rgb(*SIZE_WH), in_one[frame.pts_ns])


def test_progressive_frames_are_not_filtered(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", FILMED[:5])
    for frame in frames_of(whole(path), how=Decoding(sample_fps=5.0)):
        assert frame._decoded.filtered is None
        assert frame.other_field() is None


def test_neighbours() -> None:
    assert list(neighbours("")) == []
    assert list(neighbours("a")) == [(None, "a", None)]
    assert list(neighbours("abc")) == [(None, "a", "b"), ("a", "b", "c"), ("b", "c", None)]


@pytest.mark.parametrize(
    ("sample_fps", "frame_rate", "expected"),
    [
        (5.0, 25.0, False),
        (25.0, 25.0, False),
        (50.0, 25.0, True),
        (0.0, 25.0, True),
        (5.0, None, False),
    ],
)
def test_when_both_fields_pay(sample_fps: float, frame_rate: float | None, expected: bool) -> None:
    assert pays_for_both_fields(sample_fps, frame_rate) == expected


@pytest.mark.parametrize(
    ("frame_ns", "expected"),
    [(40_000_000, 20_000_000), (33_366_667, 16_683_333), (500_000_000, 20_000_000), (0, 0)],
)
def test_fields_are_filmed_a_fiftieth_of_a_second_apart(frame_ns: int, expected: int) -> None:
    assert field_gap_ns(frame_ns) == expected


@pytest.mark.parametrize("window", [(1, 2, 3), (0, 2, 3), (1, 2, 0), (0, 2, 0)], ids=str)
@pytest.mark.parametrize("first", ["top", "bottom"])
@pytest.mark.parametrize(
    "pixels", ["yuv420p", "nv12", "p010le", "yuv422p", "yuv411p", "yuv422p10le", "gray", "rgb24"]
)
def test_whatever_frames_are_made_of(
    pixels: str, first: FieldOrder, window: tuple[int, int, int]
) -> None:
    """Also those of a GPU's decoder, of DV and ProRes; at the ends of footage as within."""
    filmed = moments(6)
    frames: list[av.VideoFrame | None] = [None]
    for each in woven(filmed, first):
        frame = av.VideoFrame.from_ndarray(each, format="rgb24").reformat(format=pixels)
        frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
        frames.append(frame)
    before, combed, after = (frames[i] for i in window)
    assert combed is not None
    for second in (False, True):
        made = deinterlaced(before, combed, after, first, second=second)
        if "yuv" in pixels or pixels in {"nv12", "p010le"}:
            assert (made.colorspace, made.color_range) == (Colorspace.ITU709, ColorRange.MPEG)
        picture, stored = (PyavFrame(Decoded(each), Shape(), Scalers()) for each in (made, combed))
        assert picture.size_wh == SIZE_WH
        moment = filmed[2 + second]
        assert error(picture, moment) < error(stored, moment) - 1.5


def test_a_change_of_size_ends_what_is_known_of_neighbours() -> None:
    frames = [
        av.VideoFrame.from_ndarray(moments(1, size_wh=size_wh)[0], format="rgb24")
        for size_wh in ((400, 480), (352, 288), (400, 480))
    ]
    for second in (False, True):
        picture = deinterlaced(frames[0], frames[1], frames[2], "top", second=second)
        assert (picture.width, picture.height) == (352, 288)


def test_groups_in_which_nothing_moves_are_left_out_here_too(tmp_path: Path) -> None:
    scene = moments(30)
    shown = [*[scene[0]] * 200, *woven(scene, "top"), *[scene[-1]] * 35]
    encoder = {"x264-params": "tff=1:bframes=0"}
    segment = segment_of(write_clip(tmp_path / "a.ts", shown, encoder=encoder), "top")

    def looks(stillness: Stillness | None) -> tuple[list[int], list[int], int]:
        tally = SegmentCounts()
        frames = frames_of(segment, how=Decoding(sample_fps=5.0, stillness=stillness))
        taken = list(select_looks(frames, FootageConfig(), tally, stillness))
        seen = [look.pts_ns for look in taken if look.frame is not None]
        return [look.pts_ns for look in taken], seen, tally.frames_decoded

    every, seen, decoded = looks(None)
    spared, seen_too, fewer = looks(Stillness())
    assert decoded == 250
    assert fewer < 0.75 * decoded
    assert spared == every
    moving = {ns for ns in seen if 8_000_000_000 <= ns < 8_600_000_000}
    assert len(moving) == 3
    assert moving <= set(seen_too)


@pytest.mark.parametrize("stored", ["yuv420p", "yuv422p", "yuv444p", "gray", "yuv420p10le"])
@pytest.mark.parametrize("size_wh", [(160, 2), (160, 6), (160, 7), (4, 120), (5, 120), (1, 1)])
def test_a_frame_of_a_few_pixels_is_given_back(stored: str, size_wh: tuple[int, int]) -> None:
    frame = av.VideoFrame(*size_wh, stored)
    made = deinterlaced(None, frame, None, "top")
    assert (made.width, made.height, made.interlaced_frame) == (*size_wh, False)
