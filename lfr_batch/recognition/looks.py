"""From decoded frames to looks: which frames are analysed, and what was found in them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from time import perf_counter
from typing import TypeVar

import numpy as np

from lfr_batch.config.schema import Config, DetectConfig, QualityConfig, TrackConfig
from lfr_batch.faces.boxes import lies_inside
from lfr_batch.faces.detectors import Detector, DetectorReading, FrameInput, detect_in_turn
from lfr_batch.faces.letterbox import Letterbox, PixelRegion, long_side_px
from lfr_batch.faces.turns import (
    STRETCHES,
    Phase,
    PhaseState,
    Sight,
    Turn,
    learn,
    next_phase,
    turn_in,
)
from lfr_batch.footage.frames import Frame, LiesInPlanes
from lfr_batch.planes import Shown
from lfr_batch.recognition.coverage import Coverage
from lfr_batch.records import ByteArray, FaceBatch, FloatArray

BORDER_PX = 2
"""A face this close to the border of a part, in input pixels, may be cut by it."""

T = TypeVar("T")


@dataclass(slots=True)
class Stopwatch:
    """Of one thread at a time."""

    spent_s: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        started = perf_counter()
        try:
            yield
        finally:
            self.spent_s += perf_counter() - started

    def over(self, items: Iterable[T]) -> Iterator[T]:
        """The same items; it runs while they are waited for."""
        iterator = iter(items)
        while True:
            try:
                with self.running():
                    item = next(iterator)
            except StopIteration:
                return
            yield item


@dataclass(slots=True)
class SegmentCounts:
    """What a segment costs and yields, counted while it streams by."""

    frames_decoded: int = 0
    frames_analysed: int = 0
    faces_detected: int = 0
    rejections: dict[str, int] = field(default_factory=dict)
    tracks: int = 0
    coverage: Coverage = field(default_factory=Coverage)
    decoding: Stopwatch = field(default_factory=Stopwatch)
    inferring: Stopwatch = field(default_factory=Stopwatch)

    def reject(self, reasons: Iterable[str]) -> None:
        for reason in reasons:
            if reason:
                self.rejections[reason] = self.rejections.get(reason, 0) + 1


@dataclass(frozen=True, slots=True)
class Look:
    """A moment of the footage. ``frame`` is None where nothing had changed since the last look."""

    pts_ns: int
    frame: Frame | None
    scene_cut: bool = False
    region: PixelRegion | None = None
    """The part that changed since the last look; None: the whole picture is to be looked at."""
    calm: bool = False
    """Nothing has changed for a while."""
    view: int = 0
    """Which camera it is of, where several take turns."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look brought."""

    look: Look
    faces: FaceBatch
    shown_xyxy: FloatArray | None = None
    """The part of the picture in which a face would have been found; None: all of it."""


_Waiting = tuple[Phase, Look, Letterbox | None]


def find_faces(
    looks: Iterable[Look], detectors: Mapping[Turn, Detector], config: Config, tally: SegmentCounts
) -> Iterator[Seen]:
    """Every look with its faces, in order; looks without a frame have none.

    A few looks are always under way: frames are decoded while others are searched for faces.
    """
    deciding, all_in_all = Stopwatch(), Stopwatch()
    phased = _in_phases(deciding.over(looks), detectors, config)
    for seen in all_in_all.over(_in_turn(phased, detectors, config)):
        tally.faces_detected += len(seen.faces)
        yield seen
    tally.inferring.spent_s += all_in_all.spent_s - deciding.spent_s


def _in_phases(
    looks: Iterable[Look], there: Collection[Turn], config: Config
) -> Iterator[tuple[Phase, Look]]:
    """Each look with its phase; all in one where there is but one detector to choose from.

    Cameras that take turns have phases of their own, or the thorough looks would be shared out.
    """
    phase: Phase = "between"
    states = defaultdict[int, PhaseState](PhaseState)
    for look in looks:
        if look.frame is not None and len(there) > 1:
            phase, states[look.view] = phase_of(
                look, states[look.view], config.detect, config.track
            )
        yield phase, look


def _in_turn(
    phased: Iterable[tuple[Phase, Look]], detectors: Mapping[Turn, Detector], config: Config
) -> Iterator[Seen]:
    sights: dict[int, Sight] = {}
    for _, stretch in groupby(phased, lambda each: STRETCHES[each[0]]):
        known = dict(sights)
        for phase, seen in _search(stretch, known, detectors, config):
            view = seen.look.view
            turn = turn_in(phase, known.get(view, Sight()), detectors)
            before = sights.get(view, Sight())
            sights[view] = sight_after(seen, before, phase, turn, config.quality)
            yield seen


def _search(
    stretch: Iterable[tuple[Phase, Look]],
    known: Mapping[int, Sight],
    detectors: Mapping[Turn, Detector],
    config: Config,
) -> Iterator[tuple[Phase, Seen]]:
    """Each look of a stretch with its faces, ``known`` being what was seen before, by camera."""
    waiting: deque[_Waiting] = deque()

    def pictures() -> Iterator[tuple[Turn, FrameInput]]:
        for phase, look in stretch:
            if look.frame is None:
                waiting.append((phase, look, None))
                continue
            turn = turn_in(phase, known.get(look.view, Sight()), detectors)
            detector = detectors[turn]
            box = input_of(look, look.frame, detector.reading, config.detect, config.quality)
            waiting.append((phase, look, box))
            yield turn, (shown_to(detector, look.frame, box), box)

    for faces in detect_in_turn(detectors, pictures()):
        yield from _unseen(waiting)
        phase, look, box = waiting.popleft()
        yield phase, seen_of(look, faces, box)
    yield from _unseen(waiting)


def shown_to(detector: Detector, frame: Frame, box: Letterbox) -> ByteArray | Shown:
    """The frame's pixels, or the frame where the detector makes them itself."""
    as_pixels = partial(frame.rgb, *box.content_wh)
    planes = frame.planes() if isinstance(frame, LiesInPlanes) else None
    shown = detector.shown(planes, box, as_pixels) if planes is not None else None
    return box.cut(as_pixels()) if shown is None else shown


def _unseen(waiting: deque[_Waiting]) -> Iterator[tuple[Phase, Seen]]:
    while waiting and waiting[0][2] is None:
        phase, look, _ = waiting.popleft()
        yield phase, Seen(look, FaceBatch.empty())


def phase_of(
    look: Look, state: PhaseState, detect: DetectConfig, track: TrackConfig
) -> tuple[Phase, PhaseState]:
    return next_phase(state, look.pts_ns, look.scene_cut, look.calm, detect, track)


def sight_after(
    seen: Seen, sight: Sight, phase: Phase, turn: Turn, quality: QualityConfig
) -> Sight:
    """What is known of the detectors after a look; a cut ends what was seen before."""
    if seen.look.frame is None:
        return sight
    before = Sight() if seen.look.scene_cut else sight
    return learn(before, phase, turn, seen.faces, seen.shown_xyxy, quality)


def input_of(
    look: Look, frame: Frame, reading: DetectorReading, detect: DetectConfig, quality: QualityConfig
) -> Letterbox:
    """How the look's frame is shown to the detector."""
    box = whole_input(frame.size_wh, reading, detect, quality)
    return box if look.region is None else reading.part(box, look.region)


def whole_input(
    size_wh: tuple[int, int], reading: DetectorReading, detect: DetectConfig, quality: QualityConfig
) -> Letterbox:
    """How all of a frame is shown to the detector."""
    smallest_px = quality.min_face_px
    side_px = detect.long_side_px or long_side_px(size_wh, smallest_px, detect.face_px)
    box = reading.fit(size_wh, side_px)
    return box.trimmed() if reading.any_size and detect.long_side_px is None else box


def seen_of(look: Look, faces: FaceBatch, box: Letterbox | None) -> Seen:
    """Without the faces that the border of a part may have cut."""
    if box is None or look.frame is None or not box.is_part:
        return Seen(look, faces)
    shown_xyxy = box.shown_xyxy(BORDER_PX)
    whole = [i for i, face in enumerate(faces.boxes_xyxy) if lies_inside(face, shown_xyxy)]
    return Seen(look, faces.take(np.array(whole, np.intp)), shown_xyxy)
