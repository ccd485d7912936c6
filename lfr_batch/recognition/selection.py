"""From decoded frames to the ones worth a look: sampled in time, skipped where nothing moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace

from lfr_batch.config.schema import FootageConfig, MotionConfig
from lfr_batch.faces.letterbox import PixelRegion
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.motion import CellRegion, MotionState, cells_wh, gate
from lfr_batch.footage.multiplex import Views, assign
from lfr_batch.footage.sampling import SamplerState, sample
from lfr_batch.footage.stillness import Stillness
from lfr_batch.recognition.looks import Look, SegmentCounts


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of one camera."""

    sampler: SamplerState = field(default_factory=SamplerState)
    motion: MotionState = field(default_factory=MotionState)


def select_looks(
    frames: Iterable[Frame],
    config: FootageConfig,
    tally: SegmentCounts,
    stillness: Stillness | None = None,
    views: int = 1,
) -> Generator[Look]:
    """A look for every sampled frame, without the frame where the motion gate skips it.

    Moments of still groups of pictures, which were not decoded, are looks without a frame too.
    Where ``views`` cameras take turns, each is sampled and gated by itself, as it comes.
    """
    watched: defaultdict[int, Watched] = defaultdict(Watched)
    cameras = Views()
    still = stillness or Stillness()
    for frame in frames:
        tally.frames_decoded += 1
        yield from _held(still.take_held(frame.pts_ns), tally)
        tally.coverage.saw(frame.pts_ns)
        view = 0
        if views > 1:
            view, cameras = assign(cameras, frame.luma(*cells_wh(frame.size_wh)))
        own = watched[view]
        wanted, sampler = sample(own.sampler, frame.pts_ns, config.sample_fps)
        if not wanted:
            still.passed(frame.pts_ns)
            continue
        look, motion, changed = look_with_gate(frame, own.motion, config.motion)
        watched[view] = Watched(sampler, motion)
        still.saw(frame.pts_ns, changed)
        tally.frames_analysed += look.frame is not None
        yield replace(look, view=view)
    yield from _held(still.take_held(None), tally)


def look_with_gate(
    frame: Frame, motion: MotionState, config: MotionConfig
) -> tuple[Look, MotionState, bool]:
    """What the motion gate leaves of a frame, the gate's new state, and whether anything moved."""
    grid_wh = cells_wh(frame.size_wh)
    decision, motion = gate(motion, frame.luma(*grid_wh), frame.pts_ns, config)
    shown = frame if decision.analyse else None
    region = in_pixels(decision.region, grid_wh, frame.size_wh) if decision.region else None
    look = Look(frame.pts_ns, shown, decision.scene_cut, region, decision.calm)
    return look, motion, decision.changed


def _held(moments_ns: Iterable[int], tally: SegmentCounts) -> Iterator[Look]:
    for pts_ns in moments_ns:
        tally.coverage.saw(pts_ns)
        yield Look(pts_ns, None)


def in_pixels(
    region: CellRegion, grid_wh: tuple[int, int], size_wh: tuple[int, int]
) -> PixelRegion:
    """The smallest region of whole pixels that holds these cells."""
    (across, down), (width, height) = grid_wh, size_wh
    left, top, right, bottom = region
    return (
        left * width // across,
        top * height // down,
        -(-right * width // across),
        -(-bottom * height // down),
    )
