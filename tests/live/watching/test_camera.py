"""One camera: whom a track shows, and that nobody is kept who is not looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from lfr_batch.config.live import LiveConfig
from lfr_batch.config.schema import Config, QualityConfig
from lfr_batch.errors import EngineError
from lfr_batch.faces.detectors import frame_detectors, reading_of
from lfr_batch.faces.stages import detect_in_still
from lfr_batch.footage.stills import StillFrame
from lfr_batch.footage.streams import StreamReader, open_stream
from lfr_batch.gallery.decide import CandidateList
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.records import Alert
from lfr_batch.live.watching.analyst import Comparison, LocalAnalyst, Person, open_analyst
from lfr_batch.live.watching.camera import (
    Arrival,
    CameraState,
    ComparedTrack,
    Watch,
    end_tracks,
    look_at,
    people_in,
)
from lfr_batch.live.watching.track_book import CameraLoop, TrackKey
from lfr_batch.live.watching.watch import Outbox, watch_camera
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.search import SearchSpec
from lfr_batch.recognition.shots import take_shots
from lfr_batch.records import ByteArray, Candidate, FaceView, Shot
from tests.live_case import live_config, wait_for
from tests.one_case import ASTRONAUT, GROUP, Casework, installed_picture
from tests.patience import PATIENCE_S

NOBODY: CandidateList = ((), None)
TRACK = TrackKey(CameraLoop("north", 1), 1)


@pytest.fixture(scope="module")
def analyst(casework: Casework) -> LocalAnalyst:
    home, snapshot = casework.home, load_snapshot(casework.home, "people")
    return open_analyst(SearchSpec(home, home, "people", snapshot.snapshot_id, 0.45, Config()))


def shots_of(picture: ByteArray, analyst: LocalAnalyst) -> list[Shot]:
    still = StillFrame(picture)
    faces = detect_in_still(analyst.search.stages.exact_detector, still, (1280, 640))
    return [shot for shot in take_shots(still, faces, QualityConfig())[0] if shot]


def named(subject: str) -> CandidateList:
    return (Candidate(1, subject, "picture", 0.8, above_threshold=True),), None


def test_a_track_that_slipped_shows_whom_its_shots_name(analyst: LocalAnalyst) -> None:
    """Not whoever had the better shot."""
    stranger = shots_of(installed_picture(GROUP), analyst)[0]
    (known,) = shots_of(installed_picture(ASTRONAUT), analyst)
    views = [stranger.view, stranger.view, known.view, known.view]
    comparison = analyst.compare(TRACK, range(4), views, [0.9, 0.8, 0.3, 0.4])
    assert [person.shots for person in comparison.people] == [(0, 1), (3, 2)]
    ((rows, confirmation),) = people_in(comparison, confirm_shots=2)
    assert (rows, confirmation.best.subject_id) == ((3, 2), "astronaut")


def test_an_analyst_that_was_started_anew_wants_all_shots_again(
    casework: Casework, analyst: LocalAnalyst
) -> None:
    (known,) = shots_of(installed_picture(ASTRONAUT), analyst)
    track = TrackKey(CameraLoop("south", 1), 1)
    asked = analyst.compare(track, [10, 20], [known.view, known.view], [0.5, 0.4])
    assert asked.complete
    assert analyst.compare(track, [10, 20, 30], [known.view], [0.5, 0.4, 0.3]).complete
    analyst.forget(track.loop, ())
    lost = analyst.compare(track, [10, 20, 30, 40], [known.view], [0.5, 0.4, 0.3, 0.2])
    assert (lost.complete, lost.people) == (False, ())
    assert not analyst.book.known(track)
    again = analyst.compare(track, [10, 40], [known.view, known.view], [0.5, 0.2])
    assert [named for _, named in people_in(again, 2)] == [
        named for _, named in people_in(asked, 2)
    ]
    analyst.forget(track.loop, ())


def people(*groups: tuple[tuple[int, ...], str | None]) -> Comparison:
    of = {row: named(who) if who else NOBODY for shots, who in groups for row in shots}
    found = tuple(Person(shots, named(who) if who else NOBODY) for shots, who in groups)
    return Comparison(tuple(of[row] for row in sorted(of)), found)


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (people(((0, 1), None)), []),
        (people(((0, 1), "a")), [((0, 1), "a")]),
        (people(((1, 0), "a")), [((1, 0), "a")]),
        (people(((0,), "a")), []),
        (people(((0, 1), None), ((2, 3), "a")), [((2, 3), "a")]),
        (people(((0, 2), "b"), ((1, 3), "a")), [((0, 2), "b"), ((1, 3), "a")]),
        (people(((0, 2), "a"), ((1, 3), "a")), [((0, 2), "a")]),
    ],
)
def test_whom_a_track_shows(
    comparison: Comparison, expected: list[tuple[tuple[int, ...], str]]
) -> None:
    found = people_in(comparison, confirm_shots=2)
    assert [(rows, confirmation.best.subject_id) for rows, confirmation in found] == expected


def watch_with(casework: Casework, config: LiveConfig, analyst: LocalAnalyst) -> Watch:
    specs = frame_detectors(load_pack(casework.home, "open").manifest, config.detect)
    readings = {turn: reading_of(spec, config.detect) for turn, spec in specs.items()}
    return Watch("north", "d", 0.45, config, readings, analyst, TRACK.loop)


@contextmanager
def watched(casework: Casework, clip: str, analyst: LocalAnalyst) -> Iterator[list[Alert]]:
    """Alerts of a camera that shows the clip once, to its end."""
    config = live_config(casework, {"north": clip})
    stopping, (camera,) = Event(), config.cameras
    reader = StreamReader(open_stream(camera.model_copy(update={"loop": False})))
    watch = watch_with(casework, config, analyst)
    alerts: list[Alert] = []

    def take(alert: Alert) -> bool:
        alerts.append(alert)
        return True

    outbox = Outbox(take, stopping)
    loop = Thread(target=watch_camera, args=(reader, watch, outbox, lambda _: None, None, stopping))
    reader.start()
    loop.start()
    try:
        wait_for(lambda: reader.stats().state == "ended")
        yield alerts
    finally:
        stopping.set()
        reader.stop()
        loop.join()
        outbox.join(PATIENCE_S)


class StartedAnew(LocalAnalyst):
    """Loses what it knew of the track after its first answer, which named nobody."""

    answers = 0
    wanted_again = 0

    def compare(
        self,
        track: TrackKey,
        moments_ns: Sequence[int],
        views: Sequence[FaceView],
        weights: Sequence[float],
    ) -> Comparison:
        found = super().compare(track, moments_ns, views, weights)
        self.wanted_again += not found.complete
        self.answers += 1
        if self.answers > 1:
            return found
        self.forget(track.loop, ())
        return Comparison()


def test_an_analyst_that_is_lost_costs_no_alert(casework: Casework, analyst: LocalAnalyst) -> None:
    lossy = StartedAnew(analyst.search)
    with watched(casework, "walk.mp4", lossy) as alerts:
        wait_for(lambda: alerts)
    assert lossy.wanted_again == 1
    assert {alert.subject_id for alert in alerts} == {"astronaut"}


class NotToBeTold(LocalAnalyst):
    told = 0

    def forget(self, loop: CameraLoop, open_numbers: Sequence[int]) -> None:
        self.told += 1
        raise EngineError("the analyst is behind with its looks")


def test_no_look_is_lost_where_the_analyst_is_not_told_that_a_track_is_over(
    casework: Casework, analyst: LocalAnalyst
) -> None:
    behind, config = NotToBeTold(analyst.search), live_config(casework, {"north": "group.mp4"})
    reader = StreamReader(open_stream(config.cameras[0]))
    reader.start()
    frame = wait_for(lambda: reader.newest(1.0))
    reader.stop()
    left = CameraState(compared={9: ComparedTrack(frozenset({10}))})
    watch = watch_with(casework, config, behind)
    state = look_at(left, Arrival(frame, frame.arrived_ns), watch)
    assert behind.told == 1
    assert state.tracks.open_tracks
    assert 9 not in (state.compared or {})


def test_nobody_stays_in_memory_once_a_camera_gives_no_more_frames(
    casework: Casework, analyst: LocalAnalyst, monkeypatch: pytest.MonkeyPatch
) -> None:
    before: list[CameraState] = []
    after: list[CameraState] = []

    def noted(state: CameraState, watch: Watch) -> CameraState:
        before.append(state)
        after.append(end_tracks(state, watch))
        return after[-1]

    monkeypatch.setattr("lfr_batch.live.watching.watch.end_tracks", noted)
    with watched(casework, "group.mp4", analyst) as alerts:
        wait_for(lambda: after)
    assert before[0].tracks.open_tracks
    assert before[0].compared
    assert (after[0].tracks.open_tracks, after[0].compared) == ((), None)
    assert after[0].faces_seen == before[0].faces_seen > 0
    assert alerts == []
    assert not analyst.book


def test_a_look_says_how_long_the_analyst_took(casework: Casework, analyst: LocalAnalyst) -> None:
    config = live_config(casework, {"north": "group.mp4"})
    with StreamReader(open_stream(config.cameras[0])) as reader:
        frame = wait_for(lambda: reader.newest(1.0))
    watch = watch_with(casework, config, analyst)
    asked = look_at(CameraState(), Arrival(frame, frame.arrived_ns), watch)
    assert CameraState().answered is None
    assert asked.answered is not None
    assert asked.answered.is_whole  # it is the first
    assert 0.0 < asked.answered.answered_s < 60.0
