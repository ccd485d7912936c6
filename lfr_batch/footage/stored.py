"""Where and how a decoded frame lies in memory, without touching it."""

from __future__ import annotations

from collections.abc import Mapping

import av

from lfr_batch.footage.nvdec import is_on_card
from lfr_batch.footage.shape import Shape
from lfr_batch.planes import MOST_PIXELS, STORAGE, Layout, Matrix, Planes

FULL_RANGE = 2
"""AVCOL_RANGE_JPEG."""
MATRICES: Mapping[int, Matrix] = {
    0: "bt601",
    1: "bt709",
    2: "bt601",
    4: "fcc",
    5: "bt601",
    6: "bt601",
    7: "smpte240m",
    9: "bt2020",
}
"""By FFmpeg's AVColorSpace, as swscale takes them: what is not said is BT.601. It knows no others
(what is reserved, ICtCp, YCgCo, constant luminance)."""


def planes_of(frame: av.VideoFrame, shape: Shape) -> Planes | None:
    """None: of a kind that only the processor makes pictures of."""
    on_card = is_on_card(frame)
    stored = frame.sw_format or frame.format
    matrix = MATRICES.get(int(frame.colorspace))
    if stored.name not in STORAGE or matrix is None:
        return None
    pitches_bytes = tuple(plane.line_size for plane in frame.planes)
    upside_down, odd = min(pitches_bytes) <= 0, len(set(pitches_bytes[1:])) > 1
    if upside_down or odd or frame.width * frame.height > MOST_PIXELS:
        return None
    full = int(frame.color_range) == FULL_RANGE or stored.name.startswith("yuvj")
    layout = Layout(
        stored.name,
        (frame.width, frame.height),
        pitches_bytes,
        matrix,
        full,
        shape.mirrored,
        shape.turns,
    )
    return Planes(layout, tuple(plane.buffer_ptr for plane in frame.planes), on_card, frame)
