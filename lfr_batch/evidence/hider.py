"""The models that find everybody in a picture, so that they can be hidden."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from lfr_batch.config.load import override
from lfr_batch.config.schema import Config
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.embedder import Embedder
from lfr_batch.faces.realign import realign
from lfr_batch.faces.stages import detect_in_still, open_stages
from lfr_batch.faces.view import cut_view
from lfr_batch.footage.stills import StillFrame
from lfr_batch.gallery.thresholds import score_at
from lfr_batch.models.store import Pack
from lfr_batch.records import ByteArray, FaceBatch, FloatArray

DOUBTFUL_SCORE = 0.25
"""Whatever looks so much like a face is hidden."""
SURE_SCORE = 0.5
SMALLEST_PX = 16.0
"""Faces are looked for down to this width, in parts of the picture where that needs it."""
SAME_FMR, OTHER_FMR = 1e-3, 1e-1
"""Share of different people who score at least what is the same person, or is not another."""
UNCALIBRATED = (0.99, 0.99)
"""Of a pack that says nothing of its scores: the sighting's own frame shows its face."""


@dataclass(frozen=True, slots=True)
class Hider:
    """Finds everybody. Whoever uses it takes ``lock`` first: its models are one thread's."""

    detector: Detector
    exact_detector: Detector
    embedder: Embedder
    config: Config
    same: float
    """Cosine from which on two faces are taken for one person's,"""
    other: float
    """and below which for two people's."""
    lock: Lock = field(default_factory=Lock)

    def faces(self, picture_bgr: ByteArray) -> FaceBatch:
        """Everybody in a picture, doubtful findings too."""
        detect = self.config.detect
        return detect_in_still(
            self.detector,
            StillFrame(picture_bgr),
            detect.still_long_sides_px,
            SMALLEST_PX,
            detect.still_tile_px,
        )

    def template(self, picture_bgr: ByteArray, faces: FaceBatch, which: int) -> FloatArray:
        """(dim,) of face ``which`` of those found in the picture."""
        view = cut_view(StillFrame(picture_bgr), faces, which)
        landmarks = realign([view], self.exact_detector)
        row: FloatArray = self.embedder.embed(*self.embedder.aligned([view], landmarks))[0]
        return row


def open_hider(pack: Pack, config: Config, threads: int) -> Hider:
    """Always the thorough detector. Raises DeviceUnavailable, InferenceDisagrees, ConfigError."""
    wide = override(config, {"detect.min_score": DOUBTFUL_SCORE, "detect.frames": "thorough"})
    stages = open_stages(pack, wide, threads)
    knots = [(point.fmr, point.threshold) for point in pack.manifest.calibration]
    same, other = UNCALIBRATED
    if len(knots) > 1:
        same, other = (score_at(fmr, knots) for fmr in (SAME_FMR, OTHER_FMR))
    return Hider(stages.still_detector, stages.exact_detector, stages.embedder, wide, same, other)
