"""Detectors: from scaled pictures to faces in the pixels of the full pictures.

Adding a detector is a pure decode module, a class with the two methods of ``Detector``, and a line
in ``DETECTORS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from lfr_batch.config.schema import DetectConfig
from lfr_batch.faces import centerface, letterbox, scrfd
from lfr_batch.faces.letterbox import Letterbox
from lfr_batch.models.manifest import DetectorKind, DetectorSpec
from lfr_batch.models.sessions import Session
from lfr_batch.records import ByteArray, FaceBatch, FloatArray


class Detector(Protocol):
    def fit(self, size_wh: tuple[int, int], long_side_px: int) -> Letterbox:
        """How this detector wants a picture of ``size_wh`` scaled."""
        ...

    def detect_all(
        self, batches: Iterable[tuple[Sequence[ByteArray], Letterbox]]
    ) -> Iterator[list[FaceBatch]]:
        """Faces, in picture pixels, of batches of scaled RGB pictures that share a letterbox."""
        ...

    @property
    def description(self) -> str: ...


def detect(
    detector: Detector, contents_rgb: Sequence[ByteArray], box: Letterbox
) -> list[FaceBatch]:
    """``detect_all`` of one batch."""
    return next(iter(detector.detect_all([(contents_rgb, box)])))


class CenterFace:
    """Takes any input whose sides are multiples of 32."""

    def __init__(self, spec: DetectorSpec, session: Session, config: DetectConfig) -> None:
        self._spec = spec
        self._session = session
        self._min_score = config.min_score
        self._nms_iou = centerface.NMS_IOU if config.nms_iou is None else config.nms_iou

    @property
    def description(self) -> str:
        return f"CenterFace on {self._session.description}"

    def fit(self, size_wh: tuple[int, int], long_side_px: int) -> Letterbox:
        return letterbox.fit(size_wh, long_side_px)

    def detect_all(
        self, batches: Iterable[tuple[Sequence[ByteArray], Letterbox]]
    ) -> Iterator[list[FaceBatch]]:
        for contents, box in batches:
            blob = _blob(contents, box, self._spec)
            found: list[FaceBatch] = []
            # One picture a call: on processors larger batches cost more a picture, not less.
            for heads in self._session.run_all(blob[i : i + 1] for i in range(len(blob))):
                found += centerface.decode(heads, self._min_score, self._nms_iou)
            yield [box.to_picture(faces) for faces in found]


class Scrfd:
    """Takes the square input it was exported with, or ``long_side_px`` where that is free."""

    def __init__(self, spec: DetectorSpec, session: Session, config: DetectConfig) -> None:
        self._spec = spec
        self._session = session
        self._min_score = config.min_score
        self._nms_iou = scrfd.NMS_IOU if config.nms_iou is None else config.nms_iou

    @property
    def description(self) -> str:
        return f"SCRFD on {self._session.description}"

    def fit(self, size_wh: tuple[int, int], long_side_px: int) -> Letterbox:
        side = self._spec.fixed_side_px or -(-long_side_px // 32) * 32
        return letterbox.fit_square(size_wh, side)

    def detect_all(
        self, batches: Iterable[tuple[Sequence[ByteArray], Letterbox]]
    ) -> Iterator[list[FaceBatch]]:
        for contents, box in batches:
            blob = _blob(contents, box, self._spec)
            yield [box.to_picture(faces) for faces in self._decode(blob, box)]

    def _decode(self, blob: FloatArray, box: Letterbox) -> Iterator[FaceBatch]:
        # One picture a call: exported packs are known to leak across the batch.
        for heads in self._session.run_all(blob[i : i + 1] for i in range(len(blob))):
            yield scrfd.decode(heads, box.input_wh, self._min_score, self._nms_iou)


def _blob(contents_rgb: Sequence[ByteArray], box: Letterbox, spec: DetectorSpec) -> FloatArray:
    pictures = letterbox.stack(contents_rgb, box.input_wh).transpose(0, 3, 1, 2)
    blob = np.ascontiguousarray(pictures, np.float32)
    if (spec.mean, spec.std) == (0.0, 1.0):
        return blob
    return (blob - np.float32(spec.mean)) / np.float32(spec.std)


MakeDetector = Callable[[DetectorSpec, Session, DetectConfig], Detector]

DETECTORS: dict[DetectorKind, MakeDetector] = {"centerface": CenterFace, "scrfd": Scrfd}


def make_detector(spec: DetectorSpec, session: Session, config: DetectConfig) -> Detector:
    return DETECTORS[spec.kind](spec, session, config)
