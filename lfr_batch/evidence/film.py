"""Pictures as a film that a browser shows: VP8 in WebM, without sound, names or other data.

libvpx is under BSD terms and its format is free of royalties; H.264 would be encoded by x264, which
is under the GPL, and not every browser has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from io import BytesIO

import av

from lfr_batch.records import ByteArray

ENDING = "webm"
MEDIA_TYPE = "video/webm"
MS = Fraction(1, 1000)
MOST_BITS = 0.15
"""For a pixel of a picture, where there is much in it."""
LEAST_BIT_RATE = 1_000_000
KEYFRAME_EVERY = 50
NS_PER_MS = 1_000_000


def film_of(
    pictures: Iterable[tuple[int, ByteArray]], size_wh: tuple[int, int], frame_rate: float
) -> bytes:
    """Of (moment in ns, (height, width, 3) BGR), moments rising from 0; sides are even.

    The same pictures give the same bytes.
    """
    file = BytesIO()
    width, height = size_wh
    with av.open(file, "w", format=ENDING, options={"fflags": "+bitexact"}) as out:
        options = {"deadline": "good", "cpu-used": "5", "crf": "10", "flags": "+bitexact"}
        rate = Fraction(frame_rate).limit_denominator(1001)
        stream = out.add_stream("libvpx", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.gop_size = KEYFRAME_EVERY
        stream.bit_rate = max(LEAST_BIT_RATE, int(width * height * frame_rate * MOST_BITS))
        stream.codec_context.time_base = MS
        stream.codec_context.thread_count = 2
        for moment_ns, picture_bgr in pictures:
            frame = av.VideoFrame.from_ndarray(picture_bgr, format="bgr24")
            frame.pts, frame.time_base = round(moment_ns / NS_PER_MS), MS
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return file.getvalue()
