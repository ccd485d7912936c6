"""A camera that is being aimed: faces are detected, and nobody is looked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest

from lfr_batch.config.schema import Config
from lfr_batch.errors import EngineError
from lfr_batch.faces.detectors import Input, frame_detectors, reading_of
from lfr_batch.faces.stages import detect_in_still
from lfr_batch.faces.turns import Turn
from lfr_batch.footage.stills import StillFrame
from lfr_batch.footage.streams import StreamReader, open_stream
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.records import AimReport, CameraHealth, CameraOrders
from lfr_batch.live.watching.aim import aim_camera
from lfr_batch.live.watching.analyst import Comparison, LocalAnalyst, open_analyst
from lfr_batch.live.watching.camera import Watch
from lfr_batch.live.watching.orders import Reports
from lfr_batch.live.watching.pictures import AlertPictures
from lfr_batch.live.watching.track_book import CameraLoop, TrackKey
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.search import SearchSpec
from lfr_batch.records import Candidate, FaceBatch, FaceView, Shot
from tests.live.watching.test_aim_preview import decoded
from tests.live_case import live_config, wait_for
from tests.one_case import Casework
from tests.patience import PATIENCE_S

AIMED = CameraOrders(watching=False)
WATCHING = CameraOrders(watching=True)


@pytest.fixture(scope="module")
def analyst(casework: Casework) -> LocalAnalyst:
    home, snapshot = casework.home, load_snapshot(casework.home, "people")
    return open_analyst(SearchSpec(home, home, "people", snapshot.snapshot_id, 0.45, Config()))


class Noting:
    """Satisfies ``Analyst``: notes what it is asked."""

    def __init__(self, analyst: LocalAnalyst) -> None:
        self._analyst = analyst
        self.asked: list[str] = []

    def detect(self, turn: Turn, picture: Input) -> FaceBatch:
        self.asked.append("detect")
        return self._analyst.detect(turn, picture)

    def compare(
        self,
        track: TrackKey,
        moments_ns: Sequence[int],
        views: Sequence[FaceView],
        weights: Sequence[float],
    ) -> Comparison:
        self.asked.append("compare")
        return self._analyst.compare(track, moments_ns, views, weights)

    def forget(self, loop: CameraLoop, open_numbers: Sequence[int]) -> None:
        self.asked.append("forget")

    def pictures(self, shot: Shot, best: Candidate) -> AlertPictures:
        self.asked.append("pictures")
        return self._analyst.pictures(shot, best)


@dataclass
class Aimed:
    """A camera, and what its router hears and says."""

    asked: list[str]
    orders: CameraOrders | None
    thread: Thread = field(default_factory=Thread)
    heard: list[CameraHealth] = field(default_factory=list)
    shown: list[AimReport] = field(default_factory=list)

    def report(self, health: CameraHealth) -> CameraOrders:
        self.heard.append(health)
        if self.orders is None:
            raise EngineError("it is being started anew")
        return self.orders


@contextmanager
def aimed(
    casework: Casework, clip: str, analyst: LocalAnalyst, orders: CameraOrders | None
) -> Iterator[Aimed]:
    config, stopping, noting = live_config(casework, {"north": clip}), Event(), Noting(analyst)
    specs = frame_detectors(load_pack(casework.home, "open").manifest, config.detect)
    readings = {turn: reading_of(spec, config.detect) for turn, spec in specs.items()}
    watch = Watch("north", "d", 0.45, config, readings, noting, CameraLoop("north", 1))
    reader = StreamReader(open_stream(config.cameras[0]))
    made = Aimed(noting.asked, orders)
    reports = Reports(made.report, reader.try_again)
    given = (reader, watch, reports, made.shown.append, None, stopping)
    made.thread = Thread(target=aim_camera, args=given)
    with reader:
        made.thread.start()
        try:
            yield made
        finally:
            stopping.set()
            made.thread.join()


def test_faces_are_counted_and_nothing_is_compared(
    casework: Casework, analyst: LocalAnalyst
) -> None:
    with aimed(casework, "group.mp4", analyst, AIMED) as camera:
        wait_for(lambda: camera.shown and camera.shown[-1].guide.compared >= 3)
        guide = camera.shown[-1].guide
        assert guide.faces >= guide.compared
        assert guide.frame_wh == (640, 360)
        assert guide.width_px is not None
        assert 20 < guide.width_px[1] < 120
        assert set(camera.asked) == {"detect"}
        latest = camera.heard[-1]
        assert (latest.faces_seen, latest.frames_analysed) == (0, 0)
        assert latest.analysed_fps > 0


def test_no_still_has_a_face_in_it(casework: Casework, analyst: LocalAnalyst) -> None:
    """Not even for the detector, which finds six in the picture itself."""
    detector = analyst.search.stages.still_detector
    with aimed(casework, "group.mp4", analyst, AIMED) as camera:
        wait_for(lambda: len(camera.shown) >= 3)
    for report in camera.shown:
        still = StillFrame(decoded(report.preview_jpeg))
        assert len(detect_in_still(detector, still, (1280, 640))) == 0


def test_what_nobody_has_said_is_aimed_is_not_looked_at(
    casework: Casework, analyst: LocalAnalyst
) -> None:
    """A camera whose process was lost may come back to a deployment that watches."""
    with aimed(casework, "group.mp4", analyst, None) as camera:
        wait_for(lambda: len(camera.heard) >= 3)
        assert (camera.asked, camera.shown) == ([], [])
        camera.orders = WATCHING
        camera.thread.join(PATIENCE_S)
        assert not camera.thread.is_alive()
        assert (camera.asked, camera.shown) == ([], [])


def test_it_ends_when_watching_begins(casework: Casework, analyst: LocalAnalyst) -> None:
    with aimed(casework, "group.mp4", analyst, AIMED) as camera:
        wait_for(lambda: camera.shown)
        camera.orders = WATCHING
        camera.thread.join(PATIENCE_S)
        assert not camera.thread.is_alive()
