"""What the cameras of a deployment share: the models and the watchlist.

Pictures come in and answers go out; nothing of a face is kept between two calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from lfr_batch.config.schema import QualityConfig
from lfr_batch.faces.detectors import Input
from lfr_batch.faces.realign import realign
from lfr_batch.faces.stages import detect_in_still
from lfr_batch.faces.view import aligned_rgb
from lfr_batch.footage.stills import StillFrame
from lfr_batch.gallery.store import read_thumbnails
from lfr_batch.live.confirm import Decision
from lfr_batch.models.devices import available_cores
from lfr_batch.models.synthetic import face_in_a_picture
from lfr_batch.pipeline.compare import evidence_jpeg
from lfr_batch.pipeline.search import Search, SearchSpec, open_search
from lfr_batch.pipeline.shots import take_shots
from lfr_batch.pipeline.worker import protect_files
from lfr_batch.records import ByteArray, FaceBatch, FaceView, FloatArray, Shot
from lfr_batch.tracks.best_shot import fuse

DRAWN_PX = 640
DRAWN = QualityConfig(min_sharpness=0.0)
"""A drawn face has no pores."""


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

    search: Search

    def detect(self, content_rgb: Input) -> FaceBatch:
        [found] = self.detect_each([content_rgb])
        return found

    def detect_each(self, pictures: Sequence[Input]) -> Iterator[FaceBatch]:
        """One look for each of several cameras, each answer as soon as it is there."""
        return self.search.stages.detector.detect_all(pictures)

    def compare(
        self, known: FloatArray, views: Sequence[FaceView], weights: Sequence[float]
    ) -> Comparison:
        stages, config = self.search.stages, self.search.config
        landmarks = realign(views, stages.still_detector)
        aligned = [aligned_rgb(view, points) for view, points in zip(views, landmarks, strict=True)]
        fresh = stages.embedder.embed(_stacked(aligned))
        templates = np.concatenate([known.reshape(-1, fresh.shape[1]), fresh])
        probes = np.concatenate([templates, fuse(templates, weights)[None]])
        decisions = self.search.matcher.match(probes, self.search.threshold, config.decide.top_k)
        *of_shots, fused = decisions
        return Comparison(templates, tuple(of_shots), fused)

    def pictures(self, shot: Shot, image_id: str) -> tuple[bytes, bytes]:
        known = read_thumbnails(self.search.matcher.snapshot, [image_id])
        return evidence_jpeg(shot, self.search.stages), known.get(image_id, b"")


def open_analyst(spec: SearchSpec) -> LocalAnalyst:
    """Raises any LfrError that makes the deployment impossible."""
    protect_files()
    cv2.setNumThreads(1)
    analyst = LocalAnalyst(open_search(spec, available_cores()))
    _warm_up(analyst)
    return analyst


def _warm_up(analyst: LocalAnalyst) -> None:
    """What takes a second the first time, with a drawn face before anybody's."""
    stages, snapshot = analyst.search.stages, analyst.search.matcher.snapshot
    still = StillFrame(np.ascontiguousarray(face_in_a_picture(DRAWN_PX)[..., ::-1]))
    faces = detect_in_still(stages.still_detector, still, (DRAWN_PX,))
    shots, _ = take_shots(still, faces, DRAWN)
    for shot in filter(None, shots):
        analyst.compare(np.zeros((0, 1), np.float32), [shot.view], [1.0])
        analyst.pictures(shot, snapshot.image_ids[0])


def _stacked(aligned: Sequence[ByteArray]) -> ByteArray:
    return np.stack(aligned) if aligned else np.zeros((0, 112, 112, 3), np.uint8)
