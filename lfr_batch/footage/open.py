"""From a segment to its frames, whatever kind of footage it is."""

from __future__ import annotations

from collections.abc import Generator

from lfr_batch.config.schema import S3Config
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.pyav import open_frames
from lfr_batch.footage.stills import open_still
from lfr_batch.records import Segment


def open_segment(segment: Segment, s3: S3Config, threads: int) -> Generator[Frame]:
    """The frames of ``segment`` in order; close the generator to close the file.

    Raises FootageDamaged after the last readable frame, FootageUnreadable where there is none,
    StoreUnreachable where the file cannot be got at.
    """
    if segment.kind == "still":
        yield open_still(segment, s3)
    else:
        yield from open_frames(segment, s3, threads)
