"""From packets to frames that know when they arrived."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from time import monotonic_ns
from typing import Any

import av

from lfr_batch.footage.decoded import Decoded
from lfr_batch.footage.deinterlace import deinterlaced
from lfr_batch.footage.pyav_frame import PyavFrame, Scalers, orientation_of
from lfr_batch.footage.shape import Shape
from lfr_batch.footage.stream_health import Moment


class StreamFrame(PyavFrame):
    """A frame of a camera: ``arrived_ns`` on the steady clock, ``arrived_at`` in UTC.

    ``pts_ns`` never goes back, whatever the camera's clock does. Convert the frames of one reader
    in one thread.
    """

    __slots__ = ("__weakref__", "arrived_at", "arrived_ns")

    def __init__(
        self,
        frame: av.VideoFrame,
        pts_ns: int,
        sample_aspect: float,
        scalers: Scalers,
        arrived: Moment,
    ) -> None:
        mirrored, turn_deg = orientation_of(frame)
        shape = Shape(sample_aspect, mirrored, turn_deg // 90)
        # The next frame is not there yet: the picture is made of one field's own lines.
        alone = partial(deinterlaced, None, frame, None, second=True)
        filtered = alone if frame.interlaced_frame else None
        super().__init__(Decoded(frame, pts_ns, pts_ns, filtered), shape, scalers)
        self.arrived_ns = arrived.steady_ns
        self.arrived_at = arrived.at


def now() -> Moment:
    return Moment(monotonic_ns(), datetime.now(UTC))


def decode(packet: av.Packet[Any], arrived: Moment) -> tuple[list[av.VideoFrame], bool]:
    """The frames that this packet brings out of the decoder, and whether something is damaged."""
    packet.opaque = arrived
    try:
        frames = packet.decode()
    except av.EOFError:
        return [], False
    except av.FFmpegError:
        return [], True
    return frames, packet.is_corrupt or any(frame.is_corrupt for frame in frames)


def arrival(frame: av.VideoFrame, otherwise: Moment) -> Moment:
    """When the packet of this frame arrived: the decoder may have held it back for a while."""
    own = frame.opaque
    return own if isinstance(own, Moment) else otherwise
