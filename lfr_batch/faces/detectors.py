"""Detectors: from scaled pictures to faces in the pixels of the full pictures.

Adding a detector is a pure decode module, a function that says how pictures are fitted and heads
are read, and a line in ``DETECTORS``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

import numpy as np

from lfr_batch.config.schema import DetectConfig
from lfr_batch.faces import centerface, letterbox, scrfd, yunet
from lfr_batch.faces.letterbox import Letterbox, PixelRegion
from lfr_batch.faces.turns import Turn
from lfr_batch.models.manifest import DetectorKind, DetectorSpec, PackManifest
from lfr_batch.models.sessions import Outputs, PlanesSession, Session
from lfr_batch.planes import Planes, Scaler, Shown
from lfr_batch.records import ByteArray, FaceBatch, FloatArray

Input = tuple[ByteArray, Letterbox]
"""A scaled RGB picture and how it was scaled."""
FrameInput = tuple[ByteArray | Shown, Letterbox]
"""The same, or a frame that is to be scaled like that."""


@dataclass(frozen=True, slots=True)
class DetectorReading:
    """How one kind of detector wants its pictures and what its heads mean."""

    name: str
    fit: Callable[[tuple[int, int], int], Letterbox]
    """From a picture's size and the wanted long side."""
    decode: Callable[[Outputs, tuple[int, int]], list[FaceBatch]]
    """From heads and the input's size to the faces of each picture, in input pixels."""
    decode_best: Callable[[FloatArray, tuple[int, int]], list[FaceBatch]] | None
    """The same from the rows of the best cells; None: no session gives them."""
    any_size: bool
    """Whether a part of a picture may be looked at by itself."""
    in_parts: bool = True
    """Whether that costs less than the whole: on a GPU it does not."""

    def faces(self, session: Session, answer: Outputs, input_wh: tuple[int, int]) -> FaceBatch:
        """Of the one picture that ``session`` answered, in input pixels."""
        if session.selection is None:
            [found] = self.decode(answer, input_wh)
            return found
        if self.decode_best is None:
            raise ValueError(f"{self.name} reads no rows of cells")
        [rows] = answer
        [found] = self.decode_best(rows, input_wh)
        return found

    def part(self, box: Letterbox, region: PixelRegion) -> Letterbox:
        """``box`` narrowed to ``region`` (picture pixels), where that saves anything."""
        return box.part(region) if self.any_size and self.in_parts else box


@dataclass(frozen=True, slots=True)
class Detector:
    """As safe to share between threads as its session is."""

    reading: DetectorReading
    session: Session
    part_session: Session | None = None
    """What looks at parts of pictures, whose sizes are many; None: ``session`` does."""
    scaler: Scaler | None = None
    """Of a session that makes pixels of frames by itself; None: it is shown pixels."""

    @property
    def description(self) -> str:
        return f"{self.reading.name} on {self.session.description}"

    def fit(self, size_wh: tuple[int, int], long_side_px: int) -> Letterbox:
        """How this detector wants a picture of ``size_wh`` scaled."""
        return self.reading.fit(size_wh, long_side_px)

    def detect_all(self, pictures: Iterable[FrameInput]) -> Iterator[FaceBatch]:
        """The faces of each picture, in its full-size pixels, in order.

        Pictures are taken while earlier ones are looked at: a few are always under way. One a call:
        on processors more cost more each, not less, and on a GPU the session gathers them itself.
        """
        if self.part_session is None:
            yield from self._detect_with(self.session, pictures)
            return
        for is_part, alike in groupby(pictures, lambda picture: picture[1].is_part):
            yield from self._detect_with(self.part_session if is_part else self.session, alike)

    def _detect_with(self, session: Session, pictures: Iterable[FrameInput]) -> Iterator[FaceBatch]:
        boxes: deque[Letterbox] = deque()

        def inputs() -> Iterator[ByteArray | Shown]:
            for content, box in pictures:
                boxes.append(box)
                yield self._input(content, box)

        for answer in _answers(session, inputs()):
            yield self._faces(session, answer, boxes.popleft())

    def detect(self, content_rgb: ByteArray, box: Letterbox) -> FaceBatch:
        """The faces of one picture."""
        answer = self.session.run(self._pixels(content_rgb, box))
        return self._faces(self.session, answer, box)

    def shown(
        self, planes: Planes, box: Letterbox, as_pixels: Callable[[], ByteArray]
    ) -> Shown | None:
        """A whole frame for this detector to make pixels of; None: it is to be shown pixels.

        ``as_pixels`` gives the content as a processor makes it, for the first of its kind.
        """
        if self.scaler is None or box.is_part:
            return None
        shown = Shown(planes, box.content_wh, self.session.input_wh(box.input_wh), self.scaler)
        known = self.scaler.is_compared(shown)
        return shown if known else replace(shown, reference_rgb=as_pixels())

    def _input(self, content: ByteArray | Shown, box: Letterbox) -> ByteArray | Shown:
        return content if isinstance(content, Shown) else self._pixels(content, box)

    def _pixels(self, content_rgb: ByteArray, box: Letterbox) -> ByteArray:
        """In the size that the session takes, which may be larger than the letterbox's."""
        return letterbox.stack([content_rgb], self.session.input_wh(box.input_wh))

    def _faces(self, session: Session, answer: Outputs, box: Letterbox) -> FaceBatch:
        input_wh = session.input_wh(box.input_wh)
        found = self.reading.faces(session, answer, input_wh)
        return box.to_picture(found if input_wh == box.input_wh else _clipped(found, box))


def _answers(session: Session, inputs: Iterator[ByteArray | Shown]) -> Iterator[Outputs]:
    if isinstance(session, PlanesSession):
        return session.run_shown(inputs)
    return session.run_all(map(_as_pixels, inputs))


def _as_pixels(content: ByteArray | Shown) -> ByteArray:
    """Raises TypeError: a session that knows no planes must not be given any."""
    if isinstance(content, Shown):
        raise TypeError("this session makes no pixels of planes")
    return content


def _clipped(faces: FaceBatch, box: Letterbox) -> FaceBatch:
    """As far as they would reach in an input of the letterbox's own size."""
    limit = np.tile(np.asarray(box.input_wh, np.float32), 2)
    return replace(faces, boxes_xyxy=np.clip(faces.boxes_xyxy, 0, limit))


def detect(detector: Detector, content_rgb: ByteArray, box: Letterbox) -> FaceBatch:
    """The faces of one picture."""
    return detector.detect(content_rgb, box)


def detect_each(detector: Detector, pictures: Iterable[Input]) -> Iterator[FaceBatch]:
    """The faces of each picture, together only where the session gathers them: otherwise the
    memory of one look is enough."""
    if detector.session.gathers:
        return detector.detect_all(pictures)
    return (detect(detector, content, box) for content, box in pictures)


def detect_in_turn(
    detectors: Mapping[Turn, Detector], pictures: Iterable[tuple[Turn, FrameInput]]
) -> Iterator[FaceBatch]:
    """The faces of each picture, each from the detector whose turn it is, in order."""
    for turn, alike in groupby(pictures, itemgetter(0)):
        yield from detectors[turn].detect_all(picture for _, picture in alike)


def _centerface(_: DetectorSpec, config: DetectConfig) -> DetectorReading:
    nms_iou = centerface.NMS_IOU if config.nms_iou is None else config.nms_iou

    def decode(heads: Outputs, _: tuple[int, int]) -> list[FaceBatch]:
        return centerface.decode(heads, config.min_score, nms_iou)

    def decode_best(rows: FloatArray, input_wh: tuple[int, int]) -> list[FaceBatch]:
        return centerface.decode_best(rows, input_wh, config.min_score, nms_iou)

    return DetectorReading("CenterFace", letterbox.fit, decode, decode_best, any_size=True)


def _scrfd(spec: DetectorSpec, config: DetectConfig) -> DetectorReading:
    """Takes the square input it was exported with, or the long side where that is free."""
    nms_iou = scrfd.NMS_IOU if config.nms_iou is None else config.nms_iou

    def fit(size_wh: tuple[int, int], long_side_px: int) -> Letterbox:
        side_px = spec.fixed_side_px or -(-long_side_px // 32) * 32
        return letterbox.fit_square(size_wh, side_px)

    def decode(heads: Outputs, input_wh: tuple[int, int]) -> list[FaceBatch]:
        return [scrfd.decode(heads, input_wh, config.min_score, nms_iou)]

    return DetectorReading("SCRFD", fit, decode, None, any_size=False)


def _yunet(_: DetectorSpec, config: DetectConfig) -> DetectorReading:
    nms_iou = yunet.NMS_IOU if config.nms_iou is None else config.nms_iou

    def decode(heads: Outputs, input_wh: tuple[int, int]) -> list[FaceBatch]:
        return yunet.decode(heads, input_wh, config.min_score, nms_iou)

    def decode_best(rows: FloatArray, input_wh: tuple[int, int]) -> list[FaceBatch]:
        return yunet.decode_best(rows, input_wh, config.min_score, nms_iou)

    return DetectorReading("YuNet", letterbox.fit, decode, decode_best, any_size=True)


DETECTORS: dict[DetectorKind, Callable[[DetectorSpec, DetectConfig], DetectorReading]] = {
    "centerface": _centerface,
    "scrfd": _scrfd,
    "yunet": _yunet,
}


def frame_detectors(manifest: PackManifest, config: DetectConfig) -> dict[Turn, DetectorSpec]:
    """Which of a pack's detectors look at frames of video; without a quick one, the only one."""
    quick = manifest.frame_detector
    there: dict[Turn, DetectorSpec] = {}
    if quick and config.frames != "thorough":
        there["quick"] = quick
    if not quick or config.frames != "quick":
        there["thorough"] = manifest.detector
    return there


def reading_of(spec: DetectorSpec, config: DetectConfig) -> DetectorReading:
    return DETECTORS[spec.kind](spec, config)


def make_detector(spec: DetectorSpec, session: Session, config: DetectConfig) -> Detector:
    reading = replace(reading_of(spec, config), in_parts=not session.gathers)
    return Detector(reading, session)
