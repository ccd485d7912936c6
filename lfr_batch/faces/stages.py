"""The stages that look at faces, opened together from one model pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lfr_batch.config.schema import Config
from lfr_batch.faces.detectors import Detector, detect, frame_detectors, make_detector
from lfr_batch.faces.embedder import Embedder
from lfr_batch.faces.multiscale import merge
from lfr_batch.faces.turns import Turn
from lfr_batch.faces.view import Picture
from lfr_batch.models.agreement import open_detector_session, open_embedder_session
from lfr_batch.models.store import Pack
from lfr_batch.records import FaceBatch


@dataclass(frozen=True, slots=True)
class FaceStages:
    frame_detectors: Mapping[Turn, Detector]
    still_detector: Detector
    """In full precision: a still has one look only, and landmarks a pixel off cost score."""
    embedder: Embedder

    @property
    def description(self) -> str:
        detectors = ", ".join(each.description for each in self.frame_detectors.values())
        return f"{detectors}; embedder on {self.embedder.description}"


def open_stages(pack: Pack, config: Config, threads: int) -> FaceStages:
    """Raises DeviceUnavailable, InferenceDisagrees or ConfigError."""
    fast, share = config.inference, config.engine.gpu_share
    exact = fast.model_copy(update={"precision": "f32"})
    # Frames stream by, one a thread; a still is waited for, so all threads look at it together.
    watching = {
        turn: make_detector(
            spec, open_detector_session(pack, fast, threads, threads, share, spec), config.detect
        )
        for turn, spec in frame_detectors(pack.manifest, config.detect).items()
    }
    looking_closely = open_detector_session(pack, exact, threads, gpu_share=share)
    embedding = open_embedder_session(pack, fast, threads, threads, share)
    return FaceStages(
        watching,
        make_detector(pack.manifest.detector, looking_closely, config.detect),
        Embedder(pack.manifest.embedder, embedding, fast.embed_batch),
    )


def detect_in_still(
    detector: Detector, picture: Picture, long_sides_px: tuple[int, ...]
) -> FaceBatch:
    """Faces of a still, looked at in several sizes (largest first), best first.

    A still has no next frame to make up for a miss, and a face that fills the picture is seen
    whole in a small copy only.
    """
    wanted = [detector.fit(picture.size_wh, side) for side in long_sides_px]
    boxes = list(dict.fromkeys(wanted))  # a small picture is not looked at twice
    found = [detect(detector, picture.rgb(*box.content_wh), box) for box in boxes]
    return merge(found)
