"""Decoding on the GPU: chosen or refused. What a GPU's decoder gives (NV12) reads like the rest."""

from __future__ import annotations

import ctypes
import errno
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, VideoReformatter

from lfr_batch import cuda
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import DeviceUnavailable, FootageUnreadable
from lfr_batch.footage import deinterlace, pyav_frame, stored
from lfr_batch.footage.decoded import Decoded
from lfr_batch.footage.decoders import Decode, decoder_of, settle_decode
from lfr_batch.footage.local import LocalFile
from lfr_batch.footage.nvdec import (
    AS_ON_PROCESSORS,
    brought_down,
    hardware_decoder,
    nvdec_obstacle,
)
from lfr_batch.footage.pyav_frame import PyavFrame, Scalers
from lfr_batch.footage.pyav_input import open_container, open_video
from lfr_batch.footage.shape import Shape
from lfr_batch.footage.stored import planes_of
from lfr_batch.models.synthetic import smooth_pictures
from lfr_batch.planes import Planes
from lfr_batch.records import ByteArray, Decoder, FieldOrder, Segment
from tests.models.planes import FULL, coarse, stored_as, two_of

S3 = S3Config()
without_nvdec = pytest.mark.skipif(not nvdec_obstacle(), reason="this machine decodes on a GPU")


def test_the_processor_needs_no_device() -> None:
    assert hardware_decoder("cpu") is None


@pytest.mark.parametrize(
    ("asked", "nvdec", "settled"),
    [
        ("auto", True, "nvdec"),
        ("auto", False, "cpu"),
        ("cpu", True, "cpu"),
        ("nvdec", True, "nvdec"),
        ("nvdec", False, "nvdec"),
    ],
)
def test_what_was_asked_for_is_settled_once(asked: Decode, nvdec: bool, settled: Decoder) -> None:
    assert settle_decode(asked, nvdec=nvdec) == settled


@pytest.mark.parametrize(
    ("codec", "fields", "decoder"),
    [
        ("h264", "progressive", "nvdec"),
        ("hevc", "progressive", "nvdec"),
        ("av1", "progressive", "nvdec"),
        ("h264", "top", "cpu"),
        ("mpeg2video", "progressive", "cpu"),
        ("mjpeg", "progressive", "cpu"),
        (None, "progressive", "cpu"),
    ],
)
def test_a_gpu_decodes_what_two_decoders_decode_alike(
    codec: str | None, fields: FieldOrder, decoder: Decoder
) -> None:
    segment = Segment("s", "f", "uri", "video", 0, None, 1.0, codec=codec, fields=fields)
    assert decoder_of(segment, "nvdec") == decoder
    assert decoder_of(segment, "cpu") == "cpu"


def test_what_goes_wrong_later_is_not_blamed_on_the_opening(rendered: dict[str, Path]) -> None:
    with (
        pytest.raises(
            FootageUnreadable, match=r"cannot be read any further: Operation not"
        ) as said,
        open_container(LocalFile(str(rendered["plain.mp4"]))),
    ):
        raise av.error.OSError(errno.EOPNOTSUPP, "Operation not supported")
    assert "moov" not in str(said.value)


@without_nvdec
def test_a_decoder_that_is_not_there_is_refused_in_a_sentence(rendered: dict[str, Path]) -> None:
    """And it is not the footage that is blamed."""
    with (
        pytest.raises(DeviceUnavailable, match=r"set footage\.decode to auto or cpu") as refusal,
        open_video(LocalFile(str(rendered["plain.mp4"])), decoder="nvdec"),
    ):
        pass
    assert "plain.mp4" not in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_pyav_was_built_for_nvidias_decoder() -> None:
    """Otherwise the option could never work with the locked build."""
    configs = av.codec.Codec("h264", "r").hardware_configs
    assert any(config.device_type.name == "cuda" and config.is_supported for config in configs)


@pytest.fixture(scope="module")
def as_decoded() -> av.VideoFrame:
    """Clouds, whose colours change slowly: swscale spreads chroma differently by format."""
    clouds = smooth_pictures(1, 160)[0, :120]
    frame = av.VideoFrame.from_ndarray(clouds, format="rgb24")
    return VideoReformatter().reformat(frame, format="yuv420p")


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("stored", ["nv12", "p010le"])
def test_pictures_of_a_gpus_decoder_read_like_those_of_the_processor(
    as_decoded: av.VideoFrame, stored: str, turns: int
) -> None:
    moved = VideoReformatter().reformat(as_decoded, format=stored)
    assert moved.format.name == stored
    one, other = (
        PyavFrame(Decoded(frame), Shape(turns=turns), Scalers()) for frame in (as_decoded, moved)
    )
    width, height = one.size_wh
    assert other.size_wh == (width, height)
    assert_alike(one.luma(40, 40), other.luma(40, 40))
    assert_alike(one.rgb(width, height), other.rgb(width, height))
    assert_alike(one.rgb(64, 48), other.rgb(64, 48))
    assert_alike(one.bgr_part(7, 11, 70, 63), other.bgr_part(7, 11, 70, 63))


def assert_alike(one: ByteArray, other: ByteArray) -> None:
    """The same shape, and the same picture but for how chroma is spread and rounded."""
    assert one.shape == other.shape
    difference = np.abs(one.astype(np.int16) - other.astype(np.int16))
    assert difference.mean() < 4.0
    assert one.std() > 10.0


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize(("stored", "known"), [("nv12", "yuv420p"), ("p010le", "yuv420p10le")])
def test_a_frame_that_was_brought_down_is_the_processors_bit_by_bit(
    as_decoded: av.VideoFrame, stored: str, known: str, full_range: bool
) -> None:
    """So rows do not depend on which of them decoded."""
    colours = ColorRange.JPEG if full_range else ColorRange.MPEG
    theirs = VideoReformatter().reformat(
        as_decoded, format=known, src_color_range=colours, dst_color_range=colours
    )
    theirs.color_range = colours
    on_card = VideoReformatter().reformat(
        theirs, format=stored, src_color_range=colours, dst_color_range=colours
    )
    on_card.color_range = colours
    ours = brought_down(on_card, VideoReformatter())
    assert ours.format.name == known
    assert ours.color_range == theirs.color_range
    assert ours.pts == on_card.pts
    for one, other in zip(theirs.planes, ours.planes, strict=True):
        bytes_each = 2 if known.endswith("10le") else 1
        assert np.array_equal(samples(one, bytes_each), samples(other, bytes_each))


def samples(plane: av.video.plane.VideoPlane, bytes_each: int) -> ByteArray:
    """Without what fills its lines up."""
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return np.asarray(lines[:, : plane.width * bytes_each], np.uint8)


@pytest.fixture
def on_a_card(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Frames in NV12 or P010 count as frames on a GPU, whose memory is this process's; how many
    bytes were copied."""
    copied: list[int] = []

    def download(array: ByteArray, pointer: int) -> bool:
        copied.append(array.nbytes)
        ctypes.memmove(array.ctypes.data, pointer, array.nbytes)
        return True

    def on_card(frame: av.VideoFrame) -> bool:
        return frame.format.name in AS_ON_PROCESSORS

    for module in (pyav_frame, stored):
        monkeypatch.setattr(module, "is_on_card", on_card)
    monkeypatch.setattr(cuda, "enter", lambda: True)
    monkeypatch.setattr(cuda, "download", download)
    return copied


@pytest.mark.parametrize("shape", [Shape(), Shape(turns=1), Shape(mirrored=True, turns=3)], ids=str)
@pytest.mark.parametrize("size_wh", [(160, 120), (161, 121), (98, 67)])
@pytest.mark.parametrize("kind", ["nv12", "p010le"])
def test_only_the_lines_around_a_part_are_brought_down(
    on_a_card: list[int], kind: str, size_wh: tuple[int, int], shape: Shape
) -> None:
    moved, theirs = two_of(coarse(size_wh), kind, shape=shape)
    width, height = theirs.size_wh
    for part in ((7, 11, 60, 53), (0, 0, 20, 20), (width - 31, height - 30, width, height)):
        assert np.array_equal(moved.bgr_part(*part), theirs.bgr_part(*part))
    whole = size_wh[0] * size_wh[1]
    # Of more than 8 bits the whole frame comes, by FFmpeg's own way.
    assert (sum(on_a_card) < 3 * whole) if kind == "nv12" else not on_a_card


def test_the_gate_s_picture_of_a_frame_on_a_card_is_made_there(on_a_card: list[int]) -> None:
    asked: list[tuple[Planes, tuple[int, int]]] = []

    def cells(planes: Planes, grid_wh: tuple[int, int], _: object) -> ByteArray:
        asked.append((planes, grid_wh))
        return np.arange(12, dtype=np.uint8).reshape(3, 4)

    frame = stored_as(coarse((160, 120)), "nv12")
    shown = PyavFrame(Decoded(frame), Shape(turns=1), Scalers(cells)).luma(3, 4)
    assert np.array_equal(shown, np.rot90(np.arange(12).reshape(3, 4), -1))
    [(planes, grid_wh)] = asked
    assert (planes.layout.format, planes.on_card, grid_wh) == ("nv12", True, (4, 3))
    assert not on_a_card


@pytest.mark.parametrize(
    ("stored_name", "matrix"), [("gray", 1), ("rgb24", 1), ("yuv420p", 8), ("yuv410p", 1)]
)
def test_what_is_not_known_is_left_to_the_processor(stored_name: str, matrix: int) -> None:
    frame = stored_as(coarse((64, 48)), stored_name)
    frame.colorspace = matrix
    assert planes_of(frame, Shape()) is None


def test_where_a_frame_lies_is_told_without_touching_it() -> None:
    frame = stored_as(coarse((66, 50)), "yuv420p10le", matrix=9, extent=FULL)
    planes = planes_of(frame, Shape(mirrored=True, turns=3))
    assert planes is not None
    assert planes.owner is frame
    assert planes.addresses == tuple(plane.buffer_ptr for plane in frame.planes)
    layout = planes.layout
    assert (layout.size_wh, layout.matrix, layout.full_range) == ((66, 50), "bt2020", True)
    assert (layout.mirrored, layout.turns, planes.on_card) == (True, 3, False)
    assert layout.plane_shape(1) == (25, frame.planes[1].line_size // 2)


def test_a_frame_that_only_bears_the_mark_of_two_fields_may_be_scaled_where_it_lies(
    on_a_card: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In whatever order things are asked of it; what is converted is brought down first."""
    monkeypatch.setattr(deinterlace, "is_on_card", lambda frame: frame.format.name == "nv12")
    moved = stored_as(coarse((160, 120)), "nv12")
    marked = PyavFrame(
        Decoded(moved, filtered=partial(deinterlace.as_progressive, moved)), Shape(), Scalers()
    )
    before = marked.planes()
    pixels = marked.rgb(80, 60)
    after = marked.planes()
    assert before is not None
    assert after is not None
    assert (before.layout, before.addresses) == (after.layout, after.addresses)
    _, theirs = two_of(coarse((160, 120)), "nv12")
    assert_alike(pixels, theirs.rgb(80, 60))


def test_the_planes_of_woven_fields_show_nothing(on_a_card: list[int]) -> None:
    moved = stored_as(coarse((160, 120)), "nv12")
    woven = PyavFrame(Decoded(moved, woven=True), Shape(), Scalers())
    assert woven.planes() is None
    woven.luma(16, 12)
    assert woven.planes() is None


def test_frames_too_large_for_products_are_left_to_the_processor() -> None:
    assert planes_of(av.VideoFrame(4096, 2304, "nv12"), Shape()) is not None
    assert planes_of(av.VideoFrame(4098, 2304, "nv12"), Shape()) is None
