"""How a segment is decoded, and by what: the processor or a GPU. Never a question of load. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lfr_batch.footage.stillness import Stillness
from lfr_batch.planes import Cells
from lfr_batch.records import Decoder, Segment

Decode = Literal["auto", "cpu", "nvdec"]
"""What a configuration may ask for."""

EXACT_CODECS = frozenset({"av1", "h264", "hevc", "vp8", "vp9"})
"""Their standards say what every decoder has to give, bit by bit. Of MPEG-2, MPEG-4 and Motion JPEG
two decoders may differ: a GPU's pictures would not be those of the processor."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a segment is to be decoded. As it is by itself: every frame, on one core."""

    decoder: Decoder = "cpu"
    threads: int = 1
    sample_fps: float = 0.0
    """Of frames that are no samples, those that nothing else depends on are left out; 0: all are
    samples."""
    stillness: Stillness | None = None
    """Groups of pictures that it knows to be still are left out, but for their first."""
    cells: Cells | None = None
    """Makes the motion gate's small pictures of frames on a GPU there; None: they are made here."""


PLAINLY = Decoding()


def settle_decode(asked: Decode, *, nvdec: bool) -> Decoder:
    """``nvdec``: whether a GPU decodes where the footage is searched."""
    if asked == "auto":
        return "nvdec" if nvdec else "cpu"
    return asked


def decoder_of(segment: Segment, settled: Decoder) -> Decoder:
    """What decodes this segment. Woven fields are taken apart on the processor.

    What a GPU's decoder does not know (10-bit H.264, 4:2:2) FFmpeg gives to the processor by
    itself, with the same pictures.
    """
    exact = segment.codec in EXACT_CODECS and segment.fields == "progressive"
    return settled if exact else "cpu"
