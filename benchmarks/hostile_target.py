"""What a worker does with a file, up to the pixels that detectors are given."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from benchmarks.hostile_records import Answer
from lfr_batch.config.schema import Config
from lfr_batch.errors import LfrError
from lfr_batch.faces.letterbox import fit, long_side_px
from lfr_batch.footage.catalogue import probe
from lfr_batch.footage.decoders import Decoding
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import plan_segments
from lfr_batch.footage.stillness import Stillness
from lfr_batch.recognition.looks import SegmentCounts
from lfr_batch.recognition.selection import select_looks
from lfr_batch.records import FootageAsset, FootageEntry, Segment

SEGMENTS = 3
"""Of a file, from its first."""
THREADS = 1
PART_PX = 112


def examine(path: Path) -> Answer:
    """Probe, plan, and decode the first segments. Raises whatever a worker does not expect."""
    config = Config()
    assets = probe(FootageEntry(str(path)), config.footage, config.s3)
    planned = [s for a in assets for s in plan_segments(a, config.footage.segment_s, "hostile")]
    looks, said = 0, list(_sentences(assets))
    damaged = 0
    for segment in planned[:SEGMENTS]:
        taken, error = _decode(segment, config)
        looks += taken
        damaged += error is not None
        said += [error] if error is not None else []
    statuses = tuple(asset.status for asset in assets)
    return Answer(statuses, tuple(said), len(planned), damaged, looks)


def _sentences(assets: tuple[FootageAsset, ...]) -> list[str]:
    return [said for asset in assets for said in (asset.error, asset.unsearched) if said]


def _decode(segment: Segment, config: Config) -> tuple[int, str | None]:
    """Pictures taken, and the sentence at the end where there is one."""
    skips = config.footage.motion.skips_groups and segment.views == 1
    stillness = Stillness() if skips and segment.kind == "video" else None
    sample_fps = config.footage.sample_fps if segment.views == 1 else 0.0
    how = Decoding(threads=THREADS, sample_fps=sample_fps, stillness=stillness)
    looks = 0
    try:
        opened = open_segment(segment, config.s3, how)
        with closing(opened) as frames:
            if segment.kind == "still":
                for frame in frames:
                    _take_still(frame, config)
                    looks += 1
                return looks, None
            tally = SegmentCounts()
            selected = select_looks(frames, config.footage, tally, stillness, segment.views)
            for look in selected:
                if look.frame is not None:
                    _take_frame(look.frame, config)
                    looks += 1
    except LfrError as error:
        return looks, str(error)
    return looks, None


def _take_frame(frame: Frame, config: Config) -> None:
    least_px = config.quality.min_face_px
    side_px = long_side_px(frame.size_wh, least_px, config.detect.face_px)
    frame.rgb(*fit(frame.size_wh, side_px).trimmed().content_wh)
    _take_part(frame)


def _take_still(frame: Frame, config: Config) -> None:
    for side_px in config.detect.still_long_sides_px:
        frame.rgb(*fit(frame.size_wh, side_px).content_wh)
    _take_part(frame)


def _take_part(frame: Frame) -> None:
    """What a face is cut from."""
    width, height = frame.size_wh
    frame.bgr_part(width // 3, height // 3, min(width, width // 3 + PART_PX), height)
