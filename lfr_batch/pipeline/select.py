"""From decoded frames to the ones worth a look: sampled in time, skipped where nothing moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lfr_batch.config.schema import FootageConfig
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.motion import MotionState, cells_wh, gate
from lfr_batch.footage.sampling import SamplerState, sample
from lfr_batch.pipeline.looks import Look, Tally


def select_looks(frames: Iterable[Frame], config: FootageConfig, tally: Tally) -> Iterator[Look]:
    """A look for every sampled frame, without the frame where the motion gate skips it."""
    sampler, motion = SamplerState(), MotionState()
    for frame in frames:
        tally.frames_decoded += 1
        tally.last_pts_ns = frame.pts_ns
        wanted, sampler = sample(sampler, frame.pts_ns, config.sample_fps)
        if not wanted:
            continue
        cells = frame.luma(*cells_wh(frame.size_wh))
        decision, motion = gate(motion, cells, frame.pts_ns, config.motion)
        tally.frames_analysed += decision.analyse
        shown = frame if decision.analyse else None
        yield Look(frame.pts_ns, shown, decision.scene_cut)
