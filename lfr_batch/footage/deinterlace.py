"""Pictures out of interlaced frames, with FFmpeg's bwdif; only of frames that are looked at.

A filter graph is made for every picture: that costs a tenth of the filter itself, keeps nothing
from picture to picture, and so gives the same picture wherever decoding began.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeVar

import av
from av.filter import Graph
from av.video.reformatter import VideoReformatter

from lfr_batch.footage.nvdec import brought_down, is_on_card
from lfr_batch.records import FieldOrder

SOME_UNIT_S = Fraction(1, 1000)
PARITY = {"top": "tff", "bottom": "bff", "progressive": "auto"}
"""bwdif's names; 'auto': as the frame itself says."""
OTHER: dict[FieldOrder, FieldOrder] = {"top": "bottom", "bottom": "top"}
LEAST_WH = 5, 7
"""Columns and lines; bwdif refuses planes of less than 3 by 4, and colour has half as many. A
damaged header makes such pictures of a stream."""
FIELD_NS = 20_000_000
"""Fields are filmed a fiftieth of a second apart, or a sixtieth, however many are recorded."""

T = TypeVar("T")


def neighbours(items: Iterable[T]) -> Iterator[tuple[T | None, T, T | None]]:
    """Each with the one before and the one after it; at the ends None."""
    before: T | None = None
    current: T | None = None
    for after in items:
        if current is not None:
            yield before, current, after
        before, current = current, after
    if current is not None:
        yield before, current, None


def pays_for_both_fields(sample_fps: float, frame_rate: float | None) -> bool:
    """Whether more pictures a second are asked for (0: all there are) than there are frames."""
    return sample_fps == 0 or (frame_rate is not None and sample_fps > frame_rate)


def field_gap_ns(frame_ns: int) -> int:
    """From the first field of a frame to its second."""
    return min(FIELD_NS, frame_ns // 2)


def deinterlaced(
    before: av.VideoFrame | None,
    frame: av.VideoFrame,
    after: av.VideoFrame | None,
    first: FieldOrder = "progressive",
    *,
    second: bool = False,
) -> av.VideoFrame:
    """The whole picture of one field of ``frame``: of that filmed first, or of the ``second``.

    Lines of the other field are made of those around, and of the frames before and after where
    nothing moves. Without one of these, as at the ends of footage, of those around alone. A frame
    of a few pixels is given back as it is.
    """
    if frame.width < LEAST_WH[0] or frame.height < LEAST_WH[1]:
        return as_progressive(frame)
    if before is None and after is None and not second and first in OTHER:
        # Of one frame alone, bwdif gives back the first field's picture as it is, combed.
        return deinterlaced(None, frame, None, OTHER[first], second=True)
    window = [each for each in (before, frame, after) if each is not None and _alike(each, frame)]
    at = next(i for i, each in enumerate(window) if each is frame)
    mode = "send_field" if second else "send_frame"
    graph = _graph(frame, "bwdif", mode=mode, parity=PARITY[first], deint="all")
    picture = _through(graph, window)[2 * at + 1 if second else at]
    # Where a frame is converted for the filter first, as those of a GPU are, this is lost.
    picture.colorspace, picture.color_range = frame.colorspace, frame.color_range
    return picture


def as_progressive(frame: av.VideoFrame) -> av.VideoFrame:
    """Without the mark of interlaced frames, at which swscale scales each field by itself."""
    # A filter takes no frame that lies on a GPU.
    here = brought_down(frame, VideoReformatter()) if is_on_card(frame) else frame
    return _through(_graph(here, "setfield", mode="prog"), [here])[0]


def _graph(frame: av.VideoFrame, name: str, **options: str) -> Graph:
    graph = Graph()
    graph.threads = 1  # a pool of threads would cost more than the filter
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or SOME_UNIT_S,
    )
    graph.link_nodes(source, graph.add(name, **options), graph.add("buffersink")).configure()
    return graph


def _through(graph: Graph, frames: Iterable[av.VideoFrame]) -> list[av.VideoFrame]:
    pictures: list[av.VideoFrame] = []
    for frame in (*frames, None):
        graph.vpush(frame)
        try:
            while True:
                pictures.append(graph.vpull())
        except (av.error.BlockingIOError, av.error.EOFError):
            continue
    return pictures


def _alike(one: av.VideoFrame, other: av.VideoFrame) -> bool:
    """Whether they fit into one graph: the picture's size may change in the midst of a stream."""
    return (one.width, one.height, one.format.name) == (
        other.width,
        other.height,
        other.format.name,
    )
