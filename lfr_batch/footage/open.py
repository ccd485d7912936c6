"""From a segment to its frames, whatever kind of footage it is."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack

from lfr_batch.config.schema import S3Config
from lfr_batch.footage.decoders import PLAINLY, Decoding
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.pyav import open_frames
from lfr_batch.footage.sources import source_of
from lfr_batch.footage.stills import open_stills
from lfr_batch.footage.watched import require_planned, undisturbed
from lfr_batch.records import Segment


def open_segment(segment: Segment, s3: S3Config, how: Decoding = PLAINLY) -> Generator[Frame]:
    """The frames of ``segment`` in order; close the generator to close the file.

    Raises FootageDamaged after the last readable frame, FootageUnreadable where there is none,
    StoreUnreachable where the file cannot be got at; FootageChanged before the first frame where
    the file is not the one that was planned, and after the last where it did not stay that:
    nothing of what was given counts then.
    """
    source = source_of(segment.uri, s3)
    as_planned = require_planned(segment, source)
    reading = source.as_of(as_planned, in_full=True)
    with undisturbed(source, as_planned, segment.sha256), ExitStack() as after:
        if segment.end_ns is None:
            after.callback(reading.let_go)
        if segment.kind == "still":
            yield from open_stills(segment, reading)
        else:
            yield from open_frames(segment, reading, how)
