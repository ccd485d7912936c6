"""From decoded frames to looks: which frames are analysed, and what was found in them."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

import numpy as np

from lfr_batch.config.schema import Config, DetectConfig, QualityConfig, TrackConfig
from lfr_batch.faces.boxes import lies_inside
from lfr_batch.faces.detectors import Detector, Input, Reading, detect_in_turn
from lfr_batch.faces.letterbox import Letterbox, PixelRegion, long_side_px
from lfr_batch.faces.turns import Turn, TurnState, next_turn
from lfr_batch.footage.frames import Frame
from lfr_batch.records import FaceBatch, FloatArray

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
class Tally:
    """What a segment costs and yields, counted while it streams by."""

    frames_decoded: int = 0
    frames_analysed: int = 0
    faces_detected: int = 0
    rejections: dict[str, int] = field(default_factory=dict)
    tracks: int = 0
    last_pts_ns: int | None = None
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


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look brought."""

    look: Look
    faces: FaceBatch
    shown_xyxy: FloatArray | None = None
    """The part of the picture in which a face would have been found; None: all of it."""


def find_faces(
    looks: Iterable[Look], detectors: Mapping[Turn, Detector], config: Config, tally: Tally
) -> Iterator[Seen]:
    """Every look with its faces, in order; looks without a frame have none.

    A few looks are always under way: frames are decoded while others are searched for faces.
    """
    deciding, all_in_all = Stopwatch(), Stopwatch()
    waiting: deque[tuple[Look, Letterbox | None]] = deque()

    def pictures() -> Iterator[tuple[Turn, Input]]:
        state = TurnState()
        for look in deciding.over(looks):
            if look.frame is None:
                waiting.append((look, None))
                continue
            turn, state = turn_of(look, state, detectors, config.detect, config.track)
            reading = detectors[turn].reading
            box = input_of(look, look.frame, reading, config.detect, config.quality)
            waiting.append((look, box))
            yield turn, (box.cut(look.frame.rgb(*box.content_wh)), box)

    for faces in all_in_all.over(detect_in_turn(detectors, pictures())):
        yield from _unseen(waiting)
        look, box = waiting.popleft()
        seen = seen_of(look, faces, box)
        tally.faces_detected += len(seen.faces)
        yield seen
    yield from _unseen(waiting)
    tally.inferring.spent_s += all_in_all.spent_s - deciding.spent_s


def _unseen(waiting: deque[tuple[Look, Letterbox | None]]) -> Iterator[Seen]:
    while waiting and waiting[0][1] is None:
        yield Seen(waiting.popleft()[0], FaceBatch.empty())


def turn_of(
    look: Look,
    state: TurnState,
    there: Collection[Turn],
    detect: DetectConfig,
    track: TrackConfig,
) -> tuple[Turn, TurnState]:
    """Which detector searches the look, and the state after it.

    Where nothing changes there is nobody new to be found: such looks cost as little as may be.
    """
    if look.calm and "quick" in there:
        return "quick", state
    return next_turn(state, look.pts_ns, look.scene_cut, there, detect, track)


def input_of(
    look: Look, frame: Frame, reading: Reading, detect: DetectConfig, quality: QualityConfig
) -> Letterbox:
    """How the look's frame is shown to the detector."""
    size_wh, smallest_px = frame.size_wh, quality.min_face_px
    side_px = detect.long_side_px or long_side_px(size_wh, smallest_px, detect.face_px)
    box = reading.fit(size_wh, side_px)
    return box if look.region is None else reading.part(box, look.region)


def seen_of(look: Look, faces: FaceBatch, box: Letterbox | None) -> Seen:
    """Without the faces that the border of a part may have cut."""
    if box is None or look.frame is None or not box.is_part:
        return Seen(look, faces)
    shown_xyxy = box.shown_xyxy(BORDER_PX)
    whole = [i for i, face in enumerate(faces.boxes_xyxy) if lies_inside(face, shown_xyxy)]
    return Seen(look, faces.take(np.array(whole, np.intp)), shown_xyxy)
