"""From a picture and its detections to graded faces, cut out for later. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lfr_batch.config.schema import QualityConfig
from lfr_batch.faces.quality import ACCEPTED, measure, overall, refusal_reasons, sharpness_of
from lfr_batch.faces.view import Picture, aligned_bgr, cut_view
from lfr_batch.records import FaceBatch, FaceView, FloatArray


@dataclass(frozen=True, slots=True)
class GradedFaces:
    """n faces of one picture, judged."""

    faces: FaceBatch
    views: tuple[FaceView | None, ...]
    """None where landmarks alone made the gate refuse a face: its pixels were never looked at."""
    quality: FloatArray
    """(n,) in [0, 1]; 0 without a view."""
    reasons: tuple[str, ...]
    """Why each face is refused; empty where it is accepted."""

    @property
    def accepted(self) -> list[int]:
        return [i for i, reason in enumerate(self.reasons) if reason == ACCEPTED]


def grade(picture: Picture, faces: FaceBatch, limits: QualityConfig) -> GradedFaces:
    measures = measure(faces, np.full(len(faces), np.inf, np.float32))
    reasons = refusal_reasons(measures, limits)
    views = tuple(
        cut_view(picture, faces, i) if reason == ACCEPTED else None
        for i, reason in enumerate(reasons)
    )
    sharpness = [sharpness_of(aligned_bgr(view)) if view else 0.0 for view in views]
    measures = replace(measures, sharpness=np.array(sharpness, np.float32))
    seen = np.array([view is not None for view in views], bool)
    final = refusal_reasons(measures, limits)
    quality = np.where(seen, overall(measures), np.float32(0.0))
    return GradedFaces(faces, views, quality, tuple(final))
