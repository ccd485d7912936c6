"""Decoding on the GPU: chosen or refused. What a GPU's decoder gives (NV12) reads like the rest."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import DeviceUnavailable
from lfr_batch.footage.pyav_frame import PyavFrame, Scalers
from lfr_batch.footage.pyav_input import choose_decoder, nvdec_obstacle, open_video
from lfr_batch.footage.shape import Shape
from lfr_batch.models.synthetic import smooth_pictures
from lfr_batch.records import ByteArray

S3 = S3Config()
without_nvdec = pytest.mark.skipif(not nvdec_obstacle(), reason="this machine decodes on a GPU")


def test_the_processor_needs_no_device() -> None:
    assert choose_decoder("cpu") is None


@without_nvdec
def test_auto_decodes_on_the_processor_where_there_is_no_gpu(rendered: dict[str, Path]) -> None:
    assert choose_decoder("auto") is None
    with open_video(str(rendered["plain.mp4"]), S3, threads=3, decode="auto") as video:
        assert not video.stream.codec_context.is_hwaccel
        assert video.stream.codec_context.thread_count == 3
        assert sum(len(packet.decode()) for packet in video.packets()) == 100


@without_nvdec
def test_a_decoder_that_is_not_there_is_refused_in_a_sentence(rendered: dict[str, Path]) -> None:
    """And it is not the footage that is blamed."""
    with (
        pytest.raises(DeviceUnavailable, match=r"set footage\.decode to auto or cpu") as refusal,
        open_video(str(rendered["plain.mp4"]), S3, decode="nvdec"),
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
        PyavFrame(frame, 0, Shape(turns=turns), Scalers()) for frame in (as_decoded, moved)
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
