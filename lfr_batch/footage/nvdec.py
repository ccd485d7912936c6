"""NVIDIA's decoder behind FFmpeg: whether it is here, and its frames brought into memory."""

from __future__ import annotations

from functools import lru_cache

import av
import numpy as np
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.video.reformatter import VideoReformatter

from lfr_batch import cuda
from lfr_batch.errors import DeviceUnavailable
from lfr_batch.records import ByteArray, Decoder

CUDA = "cuda"
AS_ON_PROCESSORS = {"nv12": "yuv420p", "p010le": "yuv420p10le", "p016le": "yuv420p12le"}
"""Its formats, and in which one FFmpeg's own decoders give the same pictures."""
SHARED_CONTEXT: dict[str, object] = {"primary_ctx": "1"}
"""A context of its own for every file would take a GPU's memory away by hundreds of megabytes."""


def hardware_decoder(decoder: Decoder) -> HWAccel | None:
    """None: the processor decodes. Raises DeviceUnavailable where a GPU cannot.

    Frames stay on the card until ``brought_down``: most are never looked at.
    """
    if decoder == "cpu":
        return None
    if obstacle := nvdec_obstacle():
        raise DeviceUnavailable(
            f"footage.decode is nvdec, but no GPU can be opened for decoding ({obstacle}): pass "
            "one to this process, or set footage.decode to auto or cpu."
        )
    return HWAccel(CUDA, allow_software_fallback=True, options=SHARED_CONTEXT, is_hw_owned=True)


@lru_cache(maxsize=1)
def nvdec_obstacle() -> str:
    """Why NVIDIA's decoder cannot be used here; empty where it can."""
    if CUDA not in hwdevices_available():
        return "this build of PyAV has no CUDA"
    cuda.share_context()
    try:
        av.CodecContext.create("h264", "r", hwaccel=HWAccel(CUDA, options=SHARED_CONTEXT))
    except av.FFmpegError as error:
        return error.strerror or str(error)
    return ""


def is_on_card(frame: av.VideoFrame) -> bool:
    return frame.format.name == CUDA


def brought_down(frame: av.VideoFrame, scaler: VideoReformatter) -> av.VideoFrame:
    """The frame in memory, as the processor's decoder gives it: rows do not tell which it was."""
    stored = (frame.sw_format or frame.format).name
    wanted = AS_ON_PROCESSORS.get(stored, stored)
    colours = frame.color_range
    return scaler.reformat(
        frame, format=wanted, src_color_range=colours, dst_color_range=colours, threads=1
    )


def planes_on_card(
    frame: av.VideoFrame, top: int, bottom: int
) -> tuple[ByteArray, ByteArray, ByteArray] | None:
    """The lines from ``top`` to ``bottom``, both even, of a frame of 8 bits on the card: brightness
    and, half as large, both differences of colour. None: it has to be brought down whole.

    Most of a frame in which there is a face shows none.
    """
    if (frame.sw_format or frame.format).name != "nv12" or not cuda.enter():
        return None
    luma = _lines(frame, 0, top, min(bottom, frame.height), frame.width)
    # An odd last line or column has a pixel of colour of its own.
    half_wh = -(-frame.width // 2), -(-frame.height // 2)
    chroma = _lines(frame, 1, top // 2, min(bottom // 2, half_wh[1]), 2 * half_wh[0])
    if luma is None or chroma is None:
        return None
    return luma, chroma[:, 0::2], chroma[:, 1::2]


def _lines(frame: av.VideoFrame, plane: int, first: int, last: int, width: int) -> ByteArray | None:
    pitch_bytes = frame.planes[plane].line_size
    lines = np.empty((last - first, pitch_bytes), np.uint8)
    address = frame.planes[plane].buffer_ptr + first * pitch_bytes
    return lines[:, :width] if cuda.download(lines, address) else None
