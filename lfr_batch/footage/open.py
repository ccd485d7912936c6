"""From a segment to its frames, whatever kind of footage it is."""

from __future__ import annotations

from collections.abc import Generator

from lfr_batch.config.schema import S3Config
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.pyav import open_frames
from lfr_batch.footage.pyav_frame import Cells
from lfr_batch.footage.stillness import Stillness
from lfr_batch.footage.stills import open_stills
from lfr_batch.footage.watched import require_planned, undisturbed
from lfr_batch.records import Decoder, Segment


def open_segment(
    segment: Segment,
    s3: S3Config,
    threads: int,
    sample_fps: float = 0.0,
    stillness: Stillness | None = None,
    decoder: Decoder = "cpu",
    cells: Cells | None = None,
) -> Generator[Frame]:
    """The frames of ``segment`` in order; close the generator to close the file.

    Some frames that are no samples at ``sample_fps`` may be left out, to save decoding them, and
    some that ``stillness`` knows to show nothing new. ``cells`` makes the motion gate's pictures of
    frames on a GPU there.

    Raises FootageDamaged after the last readable frame, FootageUnreadable where there is none,
    StoreUnreachable where the file cannot be got at; FootageChanged before the first frame where
    the file is not the one that was planned, and after the last where it did not stay that:
    nothing of what was given counts then.
    """
    as_planned = require_planned(segment, s3)
    with undisturbed(segment.uri, as_planned, segment.sha256, s3):
        if segment.kind == "still":
            yield from open_stills(segment, s3)
        else:
            yield from open_frames(segment, s3, threads, sample_fps, stillness, decoder, cells)
