"""From faces to templates, by one embedder or by two whose scores are weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfr_batch.faces.alignment import template_of
from lfr_batch.faces.view import aligned_rgb
from lfr_batch.models.manifest import EmbedderSpec
from lfr_batch.models.sessions import Session, split_batch
from lfr_batch.records import ByteArray, FaceView, FloatArray


@dataclass(frozen=True, slots=True)
class EmbedderPart:
    """A model, and the weight of its cosine in a score; all of a pack are 1 together."""

    spec: EmbedderSpec
    session: Session
    weight: float = 1.0


class Embedder:
    """Templates are (n, dim) float32 of unit length, so that a dot product is the cosine.

    Of two models, they are both templates side by side, each times the root of its weight: the
    dot product is then the weighted mean of the two cosines.
    """

    def __init__(self, parts: Sequence[EmbedderPart], batch: int) -> None:
        self._parts = tuple(parts)
        self._batch = batch

    @property
    def description(self) -> str:
        return " and ".join(part.session.description for part in self._parts)

    @property
    def gathers(self) -> bool:
        return all(part.session.gathers for part in self._parts)

    @property
    def dims(self) -> tuple[int, ...]:
        """Lengths of the templates that models give, and of what is made of them."""
        own = tuple(part.spec.dim for part in self._parts)
        return own if len(own) == 1 else (*own, sum(own))

    def aligned(
        self, views: Sequence[FaceView], landmarks_xy: Sequence[FloatArray]
    ) -> tuple[ByteArray, ...]:
        """For each model (n, side, side, 3) RGB: the faces as it wants them."""
        faces = self.blank(len(views))
        for part, own in zip(self._parts, faces, strict=True):
            template = template_of(part.spec)
            for face, view, points in zip(own, views, landmarks_xy, strict=True):
                face[:] = aligned_rgb(view, points, template)
        return faces

    def blank(self, count: int) -> tuple[ByteArray, ...]:
        """Black pictures, as many as that for each model."""
        sides = (part.spec.input_px for part in self._parts)
        return tuple(np.zeros((count, side, side, 3), np.uint8) for side in sides)

    def embed(self, *aligned_rgb: ByteArray) -> FloatArray:
        """Templates of n faces, given as ``aligned`` gives them: one array for each model."""
        if len(self._parts) == 1:
            (part,), (faces,) = self._parts, aligned_rgb
            return self._of(part, faces)
        each = [
            self._of(part, faces) * np.float32(np.sqrt(part.weight))
            for part, faces in zip(self._parts, aligned_rgb, strict=True)
        ]
        return _unit(np.concatenate(each, axis=1))

    def _of(self, part: EmbedderPart, aligned_rgb: ByteArray) -> FloatArray:
        if not len(aligned_rgb):
            return np.zeros((0, part.spec.dim), np.float32)
        if not part.spec.flip:
            return self._each(part, aligned_rgb)
        both = self._each(part, np.concatenate([aligned_rgb, aligned_rgb[:, :, ::-1]]))
        return _unit(both[: len(aligned_rgb)] + both[len(aligned_rgb) :])

    def _each(self, part: EmbedderPart, pictures_rgb: ByteArray) -> FloatArray:
        batches = split_batch(pictures_rgb, self._batch)
        return _unit(np.concatenate([outputs[0] for outputs in part.session.run_all(batches)]))


def _unit(rows: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), np.float32)
