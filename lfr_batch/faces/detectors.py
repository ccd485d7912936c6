"""Detectors: from scaled pictures to faces in the pixels of the full pictures.

Adding a detector is a pure decode module, a function that says how pictures are fitted and heads
are read, and a line in ``DETECTORS``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from lfr_batch.config.schema import DetectConfig
from lfr_batch.faces import centerface, letterbox, scrfd, yunet
from lfr_batch.faces.letterbox import Letterbox, PixelRegion
from lfr_batch.faces.turns import Turn
from lfr_batch.models.manifest import DetectorKind, DetectorSpec, PackManifest
from lfr_batch.models.sessions import Outputs, Session
from lfr_batch.records import ByteArray, FaceBatch

Input = tuple[ByteArray, Letterbox]
"""A scaled RGB picture and how it was scaled."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one kind of detector wants its pictures and what its heads mean."""

    name: str
    fit: Callable[[tuple[int, int], int], Letterbox]
    """From a picture's size and the wanted long side."""
    decode: Callable[[Outputs, tuple[int, int]], list[FaceBatch]]
    """From heads and the input's size to the faces of each picture, in input pixels."""
    any_size: bool
    """Whether a part of a picture may be looked at by itself, at less cost."""
    leaks: bool = False
    """Whether pictures of one call are known to influence each other."""

    def part(self, box: Letterbox, region: PixelRegion) -> Letterbox:
        """``box`` narrowed to ``region`` (picture pixels), where that saves anything."""
        return box.part(region) if self.any_size else box


@dataclass(frozen=True, slots=True)
class Detector:
    reading: Reading
    session: Session
    most_at_once: int

    @property
    def description(self) -> str:
        return f"{self.reading.name} on {self.session.description}"

    @property
    def batch(self) -> int:
        """Pictures in one call: 1 on processors, where more cost more a picture, not less."""
        return 1 if self.reading.leaks else min(self.session.batch, self.most_at_once)

    def fit(self, size_wh: tuple[int, int], long_side_px: int) -> Letterbox:
        """How this detector wants a picture of ``size_wh`` scaled."""
        return self.reading.fit(size_wh, long_side_px)

    def detect_all(self, pictures: Iterable[Input]) -> Iterator[FaceBatch]:
        """The faces of each picture, in its full-size pixels, in order.

        Pictures are taken while earlier ones are looked at: a few are always under way.
        """
        boxes: deque[list[Letterbox]] = deque()

        def inputs() -> Iterator[ByteArray]:
            for group in _groups(pictures, self.batch):
                boxes.append([box for _, box in group])
                yield letterbox.stack([content for content, _ in group], group[0][1].input_wh)

        for heads in self.session.run_all(inputs()):
            together = boxes.popleft()
            found = self.reading.decode(heads, together[0].input_wh)
            for box, faces in zip(together, found, strict=True):
                yield box.to_picture(faces)


def detect(detector: Detector, content_rgb: ByteArray, box: Letterbox) -> FaceBatch:
    """The faces of one picture."""
    heads = detector.session.run(letterbox.stack([content_rgb], box.input_wh))
    return box.to_picture(detector.reading.decode(heads, box.input_wh)[0])


def detect_in_turn(
    detectors: Mapping[Turn, Detector], pictures: Iterable[tuple[Turn, Input]]
) -> Iterator[FaceBatch]:
    """The faces of each picture, each from the detector whose turn it is, in order."""
    for turn, alike in groupby(pictures, itemgetter(0)):
        yield from detectors[turn].detect_all(picture for _, picture in alike)


def _groups(pictures: Iterable[Input], size: int) -> Iterator[list[Input]]:
    """Runs of at most ``size`` pictures of one input size."""
    group: list[Input] = []
    for picture in pictures:
        if group and (len(group) == size or group[0][1].input_wh != picture[1].input_wh):
            yield group
            group = []
        group.append(picture)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _centerface(_: DetectorSpec, config: DetectConfig) -> Reading:
    nms_iou = centerface.NMS_IOU if config.nms_iou is None else config.nms_iou

    def decode(heads: Outputs, _: tuple[int, int]) -> list[FaceBatch]:
        return centerface.decode(heads, config.min_score, nms_iou)

    return Reading("CenterFace", letterbox.fit, decode, any_size=True)


def _scrfd(spec: DetectorSpec, config: DetectConfig) -> Reading:
    """Takes the square input it was exported with, or the long side where that is free."""
    nms_iou = scrfd.NMS_IOU if config.nms_iou is None else config.nms_iou

    def fit(size_wh: tuple[int, int], long_side_px: int) -> Letterbox:
        side_px = spec.fixed_side_px or -(-long_side_px // 32) * 32
        return letterbox.fit_square(size_wh, side_px)

    def decode(heads: Outputs, input_wh: tuple[int, int]) -> list[FaceBatch]:
        return [scrfd.decode(heads, input_wh, config.min_score, nms_iou)]

    return Reading("SCRFD", fit, decode, any_size=False, leaks=True)


def _yunet(_: DetectorSpec, config: DetectConfig) -> Reading:
    nms_iou = yunet.NMS_IOU if config.nms_iou is None else config.nms_iou

    def decode(heads: Outputs, input_wh: tuple[int, int]) -> list[FaceBatch]:
        return yunet.decode(heads, input_wh, config.min_score, nms_iou)

    return Reading("YuNet", letterbox.fit, decode, any_size=True)


DETECTORS: dict[DetectorKind, Callable[[DetectorSpec, DetectConfig], Reading]] = {
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


def reading_of(spec: DetectorSpec, config: DetectConfig) -> Reading:
    return DETECTORS[spec.kind](spec, config)


def make_detector(spec: DetectorSpec, session: Session, config: DetectConfig) -> Detector:
    return Detector(reading_of(spec, config), session, config.batch)
