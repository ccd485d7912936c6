"""What the cameras of a deployment share: the models and the watchlist.

Pictures come in and answers go out; nothing of a face is kept between two calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from lfr_batch.config.live import LiveConfig
from lfr_batch.config.schema import Config
from lfr_batch.faces.detectors import Input
from lfr_batch.faces.realign import realign
from lfr_batch.faces.stages import FaceStages, open_stages
from lfr_batch.faces.view import aligned_rgb
from lfr_batch.gallery.matcher import Matcher, open_matcher
from lfr_batch.gallery.store import load_snapshot, read_thumbnails, require_pack
from lfr_batch.live.confirm import Decision
from lfr_batch.models.store import load_pack
from lfr_batch.pipeline.compare import evidence_jpeg
from lfr_batch.pipeline.worker import protect_files
from lfr_batch.records import ByteArray, FaceBatch, FaceView, FloatArray, Shot
from lfr_batch.tracks.best_shot import fuse


@dataclass(frozen=True, slots=True)
class AnalystSpec:
    """All an analyst needs to open itself; picklable."""

    home: Path
    """Of model packs."""
    watchlist_home: Path
    """Holds the deployment's own copy of the watchlist."""
    config: LiveConfig
    gallery: str
    snapshot_id: str
    threshold: float
    threads: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the watchlist says of a track's shots."""

    templates: FloatArray
    """(n, d): those that were given, then those of the new views."""
    of_shots: tuple[Decision, ...]
    fused: Decision


class Analyst(Protocol):
    """What a camera asks of the models and the watchlist, wherever they run."""

    def detect(self, content_rgb: Input) -> FaceBatch:
        """Faces of one scaled picture, in pixels of the whole frame."""
        ...

    def compare(
        self, known: FloatArray, views: Sequence[FaceView], weights: Sequence[float]
    ) -> Comparison:
        """``known`` (m, d) templates of earlier shots and the views of new ones, together."""
        ...

    def pictures(self, shot: Shot, image_id: str) -> tuple[bytes, bytes]:
        """The best shot, everyone else hidden, and the watchlist's picture; both JPEG."""
        ...


@dataclass(frozen=True)
class LocalAnalyst:
    """Satisfies ``Analyst`` in this process. Not to be called from two threads at once."""

    stages: FaceStages
    matcher: Matcher
    threshold: float
    top_k: int

    def detect(self, content_rgb: Input) -> FaceBatch:
        [found] = self.detect_each([content_rgb])
        return found

    def detect_each(self, pictures: Sequence[Input]) -> Iterator[FaceBatch]:
        """One look for each of several cameras, each answer as soon as it is there."""
        return self.stages.detector.detect_all(pictures)

    def compare(
        self, known: FloatArray, views: Sequence[FaceView], weights: Sequence[float]
    ) -> Comparison:
        landmarks = realign(views, self.stages.still_detector)
        aligned = [aligned_rgb(view, points) for view, points in zip(views, landmarks, strict=True)]
        fresh = self.stages.embedder.embed(_stacked(aligned))
        templates = np.concatenate([known.reshape(-1, fresh.shape[1]), fresh])
        probes = np.concatenate([templates, fuse(templates, weights)[None]])
        *of_shots, fused = self.matcher.match(probes, self.threshold, self.top_k)
        return Comparison(templates, tuple(of_shots), fused)

    def pictures(self, shot: Shot, image_id: str) -> tuple[bytes, bytes]:
        known = read_thumbnails(self.matcher.snapshot, [image_id])
        return evidence_jpeg(shot, self.stages), known.get(image_id, b"")


def open_analyst(spec: AnalystSpec) -> LocalAnalyst:
    """Raises any LfrError that makes the deployment impossible."""
    protect_files()
    cv2.setNumThreads(1)
    pack = load_pack(spec.home, spec.config.pack)
    snapshot = load_snapshot(spec.watchlist_home, spec.gallery, spec.snapshot_id)
    require_pack(snapshot, pack.manifest.identity, pack.manifest.pack_id)
    stages = open_stages(pack, stages_config(spec.config), spec.threads)
    matcher = open_matcher(snapshot, spec.config.inference.device, spec.threads)
    return LocalAnalyst(stages, matcher, spec.threshold, spec.config.decide.top_k)


def stages_config(config: LiveConfig) -> Config:
    """The sections that the stages read, as a scan has them."""
    return Config(
        pack=config.pack,
        detect=config.detect,
        quality=config.quality,
        track=config.track,
        decide=config.decide,
        inference=config.inference,
    )


def _stacked(aligned: Sequence[ByteArray]) -> ByteArray:
    return np.stack(aligned) if aligned else np.zeros((0, 112, 112, 3), np.uint8)
