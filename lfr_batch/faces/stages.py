"""The stages that look at faces, opened together from one model pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lfr_batch.config.schema import Config, InferenceConfig
from lfr_batch.faces.detectors import Detector, detect, frame_detectors, make_detector
from lfr_batch.faces.embedder import Embedder
from lfr_batch.faces.letterbox import long_side_px
from lfr_batch.faces.multiscale import merge
from lfr_batch.faces.turns import Turn
from lfr_batch.faces.view import Picture
from lfr_batch.models.agreement import open_detector_session, open_embedder_session
from lfr_batch.models.manifest import DetectorSpec
from lfr_batch.models.store import Pack
from lfr_batch.records import FaceBatch

STILL_FACE_PX = 24.0
"""A fifth larger than recall asks for in frames (docs/performance.md)."""


@dataclass(frozen=True, slots=True)
class FaceStages:
    frame_detectors: Mapping[Turn, Detector]
    still_detector: Detector
    """All threads at one picture, for which somebody waits."""
    exact_detector: Detector
    """In full precision, for what becomes a template: a landmark a pixel off costs score."""
    embedder: Embedder

    @property
    def description(self) -> str:
        detectors = ", ".join(each.description for each in self.frame_detectors.values())
        return f"{detectors}; embedder on {self.embedder.description}"


def open_stages(pack: Pack, config: Config, threads: int) -> FaceStages:
    """Raises DeviceUnavailable, InferenceDisagrees or ConfigError."""
    fast, share = config.inference, config.engine.gpu_share
    f32 = fast.model_copy(update={"precision": "f32"})
    thorough, specs = pack.manifest.detector, frame_detectors(pack.manifest, config.detect)

    def detector(spec: DetectorSpec, inference: InferenceConfig, streams: int) -> Detector:
        session = open_detector_session(pack, inference, threads, streams, share, spec)
        return make_detector(spec, session, config.detect)

    exact = detector(thorough, f32, 1)
    # Where no second look puts landmarks right, the first has to.
    still = detector(thorough, fast, 1) if exact.reading.any_size else exact
    # Frames stream by, one a thread; but two detectors need not each be at their quickest.
    watching = {
        turn: still if spec == thorough and len(specs) > 1 else detector(spec, fast, threads)
        for turn, spec in specs.items()
    }
    embedding = open_embedder_session(pack, fast, threads, threads, share)
    return FaceStages(
        watching,
        still,
        exact,
        Embedder(pack.manifest.embedder, embedding, fast.embed_batch),
    )


def detect_in_still(
    detector: Detector,
    picture: Picture,
    long_sides_px: tuple[int, ...],
    smallest_px: float = 0.0,
) -> FaceBatch:
    """Faces of a still, looked at in several sizes (largest first), best first.

    A still has no next frame to make up for a miss, and a face that fills the picture is seen
    whole in a small copy only. No copy is larger than shows faces of ``smallest_px`` well.
    """
    enough_px = long_side_px(picture.size_wh, smallest_px, STILL_FACE_PX)
    wanted = [detector.fit(picture.size_wh, min(side, enough_px)) for side in long_sides_px]
    boxes = list(dict.fromkeys(wanted))  # a small picture is not looked at twice
    found = [detect(detector, picture.rgb(*box.content_wh), box) for box in boxes]
    return merge(found)
