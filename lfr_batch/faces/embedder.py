"""The embedder: from aligned faces to templates."""

from __future__ import annotations

import numpy as np

from lfr_batch.models.manifest import EmbedderSpec
from lfr_batch.models.sessions import Session, split_batch
from lfr_batch.records import ByteArray, FloatArray


class Embedder:
    """Templates are (n, dim) float32 of unit length, so that a dot product is the cosine."""

    def __init__(self, spec: EmbedderSpec, session: Session, batch: int) -> None:
        self._spec = spec
        self._session = session
        self._batch = batch

    @property
    def description(self) -> str:
        return self._session.description

    @property
    def gathers(self) -> bool:
        return self._session.gathers

    def embed(self, aligned_rgb: ByteArray) -> FloatArray:
        """Templates of (n, 112, 112, 3) aligned faces."""
        if not len(aligned_rgb):
            return np.zeros((0, self._spec.dim), np.float32)
        if not self._spec.flip:
            return self._each(aligned_rgb)
        both = self._each(np.concatenate([aligned_rgb, aligned_rgb[:, :, ::-1]]))
        return _unit(both[: len(aligned_rgb)] + both[len(aligned_rgb) :])

    def _each(self, pictures_rgb: ByteArray) -> FloatArray:
        batches = split_batch(pictures_rgb, self._batch)
        return _unit(np.concatenate([outputs[0] for outputs in self._session.run_all(batches)]))


def _unit(rows: FloatArray) -> FloatArray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
