"""A camera that is being aimed: a still a second without faces, and a guide. Nobody is looked for.

Faces are detected, and nothing else is asked of the analyst: no template is made and nothing is
compared. Of faces nothing is kept but numbers, for a minute; pictures and boxes are forgotten with
the next ones.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from time import monotonic

import cv2
import numpy as np

from lfr_batch.errors import LfrError
from lfr_batch.faces.grade import grade
from lfr_batch.footage.stream_decode import StreamFrame
from lfr_batch.live.records import AimGuide, AimReport, CameraHealth
from lfr_batch.live.watching.aim_focus import edge_px, is_soft
from lfr_batch.live.watching.aim_guide import AimState, guide_of, with_look
from lfr_batch.live.watching.aim_light import LUMA_WIDE, face_luma, light_of
from lfr_batch.live.watching.aim_preview import preview, preview_wh
from lfr_batch.live.watching.camera import CameraState, Watch
from lfr_batch.live.watching.orders import Reports
from lfr_batch.live.watching.watch import FRAME_WAIT_S, REPORT_S, Meter, Reader, health_of
from lfr_batch.recognition.looks import Look, input_of
from lfr_batch.records import NS_PER_S, ByteArray, FaceBatch, FloatArray

logger = logging.getLogger(__name__)

STILL_S = 1.0
FOCUS_S = 2.0
"""It is measured on the full picture, which takes a while."""
HIDDEN_NS = 3 * NS_PER_S // 2
"""Where a face was found, it is hidden for so long: the next look may miss it."""
LIT_NS = 10 * NS_PER_S
"""So long the brightness of faces counts."""


def aim_camera(
    reader: Reader,
    watch: Watch,
    reports: Reports,
    show: Callable[[AimReport], None],
    before: CameraHealth | None,
    stopping: Event,
) -> None:
    """Until the router says that watching has begun, or ``stopping``. Before it has said that the
    cameras are aimed, nothing is looked at."""
    aim, meter, reported_s, shown_s = Aim(watch), Meter(), 0.0, 0.0
    while not stopping.is_set() and not reports.is_watching:
        looked_s = monotonic()
        frame = reader.newest(FRAME_WAIT_S)
        if frame is not None and reports.is_aiming and _is_looked_at(aim, frame):
            meter.add(frame.arrived_ns)
            if monotonic() - shown_s >= STILL_S:
                _show(show, aim.report(frame))
                shown_s = monotonic()
        del frame
        if monotonic() - reported_s >= REPORT_S:
            health = health_of(watch.camera, reader.stats(), CameraState(), meter, before)
            counted = before.frames_analysed if before else 0
            reports.tell(replace(health, frames_analysed=counted))
            reported_s = monotonic()
        stopping.wait(max(0.0, looked_s + 1 / watch.config.watch.looks_per_s - monotonic()))


class Aim:
    """What one camera's stills and guide are made of."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._state = AimState()
        self._boxes: deque[tuple[int, FloatArray]] = deque()
        """Of the last looks, by media time."""
        self._faces_luma: deque[tuple[int, float]] = deque()
        self._focus_s = 0.0
        self._edge_px: float | None = None

    def look(self, frame: StreamFrame) -> None:
        """Raises what the analyst raises."""
        config = self._watch.config
        faces = self._found(frame)
        reasons = grade(frame, faces, config.quality).reasons
        self._state = with_look(self._state, frame.pts_ns, faces, reasons, config)
        self._boxes.append((frame.pts_ns, faces.boxes_xyxy))
        _forget_before(self._boxes, frame.pts_ns - HIDDEN_NS)

    def report(self, frame: StreamFrame) -> AimReport:
        """Of the frame that was looked at last."""
        wh = preview_wh(frame.size_wh)
        small = np.asarray(cv2.cvtColor(frame.rgb(*wh), cv2.COLOR_RGB2BGR), np.uint8)
        hidden = np.concatenate([boxes for _, boxes in self._boxes])
        still = preview(small, frame.size_wh, hidden)
        return AimReport(self._watch.camera, datetime.now(UTC), self._guide(frame), still)

    def _found(self, frame: StreamFrame) -> FaceBatch:
        watch, config = self._watch, self._watch.config
        turn = "thorough" if "thorough" in watch.readings else next(iter(watch.readings))
        look = Look(frame.pts_ns, frame)
        box = input_of(look, frame, watch.readings[turn], config.detect, config.quality)
        return watch.analyst.detect(turn, (box.cut(frame.rgb(*box.content_wh)), box))

    def _guide(self, frame: StreamFrame) -> AimGuide:
        width, height = frame.size_wh
        luma = frame.luma(LUMA_WIDE, max(1, round(LUMA_WIDE * height / width)))
        self._note_faces(frame, luma)
        if monotonic() - self._focus_s >= FOCUS_S:
            self._focus_s, self._edge_px = monotonic(), edge_px(frame.luma(width, height))
        light = light_of(luma, [each for _, each in self._faces_luma])
        soft = is_soft(self._edge_px)
        return guide_of(self._state, frame.size_wh, self._watch.config, light, self._edge_px, soft)

    def _note_faces(self, frame: StreamFrame, luma: ByteArray) -> None:
        _, latest = self._boxes[-1]
        for box in latest:
            bright = face_luma(luma, box, frame.size_wh)
            if bright is not None:
                self._faces_luma.append((frame.pts_ns, bright))
        _forget_before(self._faces_luma, frame.pts_ns - LIT_NS)


def _is_looked_at(aim: Aim, frame: StreamFrame) -> bool:
    """What nothing has looked at is not shown either."""
    try:
        aim.look(frame)
    except LfrError as error:
        logger.warning("a frame was not looked at: %s", error)
        return False
    return True


def _show(show: Callable[[AimReport], None], report: AimReport) -> None:
    """A router that is being restarted gets the next one."""
    try:
        show(report)
    except LfrError as error:
        logger.warning("the still of camera %s was not taken: %s", report.camera, error)


def _forget_before(kept: deque[tuple[int, FloatArray]] | deque[tuple[int, float]], ns: int) -> None:
    while kept and kept[0][0] < ns:
        kept.popleft()
