"""One camera of a deployment: from its newest frame to alerts, everyone else forgotten.

A face lives in this process's memory, in its track, and nowhere else; when the track ends it is
gone. Templates are not here at all: the analyst says whom they name. What is counted has no face.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import monotonic_ns
from typing import NamedTuple

import numpy as np

from lfr_batch.config.live import LiveConfig
from lfr_batch.errors import LfrError
from lfr_batch.faces.detectors import DetectorReading
from lfr_batch.faces.turns import PhaseState, Sight, Turn, turn_in
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.motion import MotionState
from lfr_batch.gallery.relative import score_needed
from lfr_batch.live.records import Alert, RankedCandidate, StageTimes
from lfr_batch.live.watching.analyst import Analyst, Comparison
from lfr_batch.live.watching.confirm import ProposedPerson, confirmed, fresh_shots, names
from lfr_batch.live.watching.heading import heading_of
from lfr_batch.live.watching.scene import SceneFaces, further_shot_jpeg, scene_jpeg
from lfr_batch.live.watching.track_book import CameraLoop, TrackKey
from lfr_batch.recognition.looks import Look, Seen, input_of, phase_of, seen_of, sight_after
from lfr_batch.recognition.selection import look_with_gate
from lfr_batch.recognition.shots import take_shots
from lfr_batch.records import FaceBatch, Shot, Track, nanoseconds
from lfr_batch.tracks import tracker
from lfr_batch.tracks.best_shot import further_looks

logger = logging.getLogger(__name__)

FURTHER_SHOTS = 3


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame and when it arrived: ``arrived_ns`` on the machine's steady clock."""

    frame: Frame
    arrived_ns: int


@dataclass(frozen=True, slots=True)
class ComparedTrack:
    """What became of an open track's shots."""

    moments_ns: frozenset[int] = frozenset()
    """Of the shots that the analyst has seen."""
    proposed: frozenset[str] = frozenset()
    """Subjects for whom an alert was raised."""


@dataclass(frozen=True, slots=True)
class LookTimes:
    """A look's media time, and by the steady clock when its frame came, was taken, was searched."""

    pts_ns: int
    arrived_ns: int
    started_ns: int
    detected_ns: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """An alert that lacks only its pictures and its last time."""

    track: Track
    shots: tuple[Shot, ...]
    """Those that name the person, best first."""
    confirmation: ProposedPerson
    moment: LookTimes
    scene_jpeg: bytes | None = None


class AnsweredLook(NamedTuple):
    """What the analyst was asked to look at, and how long it took until it had answered."""

    turn: Turn
    is_whole: bool
    """Whether it was the whole picture."""
    answered_s: float


@dataclass(frozen=True, slots=True)
class CameraState:
    motion: MotionState = field(default_factory=MotionState)
    phases: PhaseState = field(default_factory=PhaseState)
    sight: Sight = field(default_factory=Sight)
    tracks: tracker.TrackerState = field(default_factory=tracker.TrackerState)
    compared: dict[int, ComparedTrack] | None = None
    """By track number; only of open tracks."""
    proposals: tuple[Proposal, ...] = ()
    """Of people on the watchlist; they wait for their pictures."""
    faces_seen: int = 0
    answered: AnsweredLook | None = None
    """The last look; None: the analyst was not asked."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What a camera is watched with."""

    camera: str
    deployment_id: str
    threshold: float
    config: LiveConfig
    readings: Mapping[Turn, DetectorReading]
    """What may be asked of the analyst's detectors."""
    analyst: Analyst
    loop: CameraLoop
    """Told to the analyst."""


def look_at(state: CameraState, arrival: Arrival, watch: Watch) -> CameraState:
    """Take in one frame. Raises what the analyst raises; the state then stays as it was."""
    started_ns = monotonic_ns()
    look, motion, _ = look_with_gate(arrival.frame, state.motion, watch.config.watch.motion)
    seen, phases, sight, turn = _detect(look, state.phases, state.sight, watch)
    tracks, new_faces = _follow(state, seen, watch.config)
    moment = LookTimes(arrival.frame.pts_ns, arrival.arrived_ns, started_ns, monotonic_ns())
    compared, proposals = _compare(tracks.open_tracks, state.compared or {}, moment, watch)
    found = (with_scene(each, arrival.frame, seen, tracks.open_tracks) for each in proposals)
    waiting = (*state.proposals, *found)
    faces_seen = state.faces_seen + new_faces
    taken_s, is_whole = (moment.detected_ns - started_ns) / 1e9, seen.shown_xyxy is None
    answered = AnsweredLook(turn, is_whole, taken_s) if turn else None
    return CameraState(motion, phases, sight, tracks, compared, waiting, faces_seen, answered)


def end_tracks(state: CameraState, watch: Watch) -> CameraState:
    """``forget``, and the analyst is told."""
    if state.compared:
        _tell_open((), watch)
    return forget(state)


def forget(state: CameraState) -> CameraState:
    """Without the people in view: nobody has looked for longer than a track lasts."""
    return CameraState(proposals=state.proposals, faces_seen=state.faces_seen)


def _detect(
    look: Look, phases: PhaseState, sight: Sight, watch: Watch
) -> tuple[Seen, PhaseState, Sight, Turn | None]:
    """The turn: None where the analyst was not asked."""
    config = watch.config
    if look.frame is None:
        return Seen(look, FaceBatch.empty()), phases, sight, None
    phase, phases = phase_of(look, phases, config.detect, config.track)
    turn = turn_in(phase, sight, watch.readings)
    box = input_of(look, look.frame, watch.readings[turn], config.detect, config.quality)
    content = box.cut(look.frame.rgb(*box.content_wh))
    seen = seen_of(look, watch.analyst.detect(turn, (content, box)), box)
    return seen, phases, sight_after(seen, sight, phase, turn, config.quality), turn


def _follow(state: CameraState, seen: Seen, config: LiveConfig) -> tuple[tracker.TrackerState, int]:
    """The tracks after this look, and how many of them became faces that count as seen."""
    tracks = state.tracks
    if seen.look.scene_cut:
        tracks, _ = tracker.close_all(tracks)
    if seen.look.frame is None:
        after = tracker.hold(tracks, seen.look.pts_ns)
    else:
        shots, _ = take_shots(seen.look.frame, seen.faces, config.quality)
        after, _ = tracker.look(
            tracks, seen.look.pts_ns, seen.faces, shots, config.track, seen.shown_xyxy
        )
    before = {track.number for track in tracks.open_tracks if _counts(track, config)}
    now = {track.number for track in after.open_tracks if _counts(track, config)}
    return after, len(now - before)


def _counts(track: Track, config: LiveConfig) -> bool:
    return track.frames >= config.track.min_frames


def _compare(
    tracks: tuple[Track, ...], compared: dict[int, ComparedTrack], moment: LookTimes, watch: Watch
) -> tuple[dict[int, ComparedTrack], list[Proposal]]:
    """Open tracks with new best shots against the watchlist; closed ones are forgotten."""
    after: dict[int, ComparedTrack] = {}
    proposals: list[Proposal] = []
    for track in tracks:
        known = compared.get(track.number, ComparedTrack())
        if _counts(track, watch.config) and len(track.shots) >= watch.config.watch.confirm_shots:
            known, found = _compare_one(track, known, moment, watch)
            proposals += found
        after[track.number] = known
    if any(known.moments_ns for number, known in compared.items() if number not in after):
        _tell_open(list(after), watch)
    return after, proposals


def with_scene(proposal: Proposal, frame: Frame, seen: Seen, tracks: tuple[Track, ...]) -> Proposal:
    """While the frame is there: everyone else is hidden before anything is kept of it.

    None is made unless the face that this frame shows names the person by itself: the track may
    have slipped to somebody else. Whatever keeps it from being made costs no alert.
    """
    pts_ns = proposal.moment.pts_ns
    now = [shot for shot in proposal.shots if shot.pts_ns == pts_ns]
    if not now:
        return proposal
    own = proposal.track.number
    others = [track.last_box_xyxy for track in tracks if track.number != own]
    before = np.stack(others) if others else np.zeros((0, 4), np.float32)
    faces = SceneFaces(now[0].box_xyxy, seen.faces.boxes_xyxy, before)
    try:
        return replace(proposal, scene_jpeg=scene_jpeg(frame, faces))
    except Exception as error:  # noqa: BLE001 - libraries raise anything, and the alert goes on
        logger.warning("an alert has no scene: %s", error)
        return proposal


def _tell_open(numbers: Sequence[int], watch: Watch) -> None:
    """Other tracks are over: an analyst that is not told forgets them by itself, and no look is
    lost for it."""
    with suppress(LfrError):
        watch.analyst.forget(watch.loop, numbers)


def _compare_one(
    track: Track, known: ComparedTrack, moment: LookTimes, watch: Watch
) -> tuple[ComparedTrack, list[Proposal]]:
    fresh = fresh_shots(track, known.moments_ns)
    if not fresh:
        return known, []
    shots = (*(shot for shot in track.shots if shot.pts_ns in known.moments_ns), *fresh)
    comparison = watch.analyst.compare(
        TrackKey(watch.loop, track.number),
        [shot.pts_ns for shot in shots],
        [shot.view for shot in fresh],
        [shot.quality + 1e-3 for shot in shots],
    )
    if not comparison.complete:
        return replace(known, moments_ns=frozenset()), []
    found = [
        Proposal(track, tuple(shots[row] for row in rows), confirmation, moment)
        for rows, confirmation in people_in(comparison, watch.config.watch.confirm_shots)
        if confirmation.best.subject_id not in known.proposed
    ]
    named = known.proposed | {each.confirmation.best.subject_id for each in found}
    return ComparedTrack(frozenset(shot.pts_ns for shot in shots), named), found


def people_in(
    comparison: Comparison, confirm_shots: int
) -> list[tuple[tuple[int, ...], ProposedPerson]]:
    """Everybody on the watchlist whom shots agree on, once, with the rows that name them, best
    first."""
    found: dict[str, tuple[tuple[int, ...], ProposedPerson]] = {}
    for person in comparison.people:
        of_shots = [comparison.of_shots[row] for row in person.shots]
        confirmation = confirmed(person.candidates, of_shots, confirm_shots)
        if confirmation is not None:
            subject = confirmation.best.subject_id
            naming = [row for row in person.shots if names(comparison.of_shots[row], subject)]
            found.setdefault(subject, (tuple(naming), confirmation))
    return list(found.values())


def alert_of(proposal: Proposal, watch: Watch) -> Alert:
    """The proposal with its pictures. Raises what the analyst raises."""
    track, moment = proposal.track, proposal.moment
    shot, *others = proposal.shots
    spacing_ns = nanoseconds(watch.config.track.shot_spacing_s)
    further = further_looks(shot, others, FURTHER_SHOTS, spacing_ns)
    best = proposal.confirmation.best
    pictures = watch.analyst.pictures(shot, best)
    now_ns, now = monotonic_ns(), datetime.now(UTC)
    captured_at = _ago(now, now_ns - moment.arrived_ns)
    left, top, right, bottom = (float(x) for x in shot.box_xyxy)
    return Alert(
        alert_id=_alert_id(watch, proposal),
        deployment_id=watch.deployment_id,
        camera=watch.camera,
        captured_at=captured_at,
        first_seen_at=_ago(captured_at, moment.pts_ns - track.start_ns),
        raised_at=now,
        subject_id=best.subject_id,
        image_id=best.image_id,
        score=best.score,
        threshold=score_needed(best, watch.threshold),
        margin=proposal.confirmation.margin,
        quality=shot.quality,
        detection_score=shot.detection_score,
        looks=track.frames,
        box_xyxy=(left, top, right, bottom),
        candidates=tuple(
            RankedCandidate(c.rank, c.subject_id, c.score) for c in proposal.confirmation.candidates
        ),
        best_shot_jpeg=pictures.best_shot,
        gallery_jpeg=pictures.gallery,
        times=_times(moment, now_ns),
        heading=heading_of(track),
        scene_jpeg=proposal.scene_jpeg,
        further_shots_jpeg=tuple(further_shots(further)),
        further_gallery=pictures.further_gallery,
    )


def further_shots(shots: Iterable[Shot]) -> Iterator[bytes]:
    """Without any that cannot be made."""
    for shot in shots:
        try:
            yield further_shot_jpeg(shot.view)
        except Exception as error:  # noqa: BLE001 - libraries raise anything, and the alert goes on
            logger.warning("an alert lacks a further shot: %s", error)


def _times(moment: LookTimes, now_ns: int) -> StageTimes:
    """What raising takes is the router's to say."""
    return StageTimes(
        wait_s=(moment.started_ns - moment.arrived_ns) / 1e9,
        detect_s=(moment.detected_ns - moment.started_ns) / 1e9,
        compare_s=(now_ns - moment.detected_ns) / 1e9,
        raise_s=0.0,
    )


def _alert_id(watch: Watch, proposal: Proposal) -> str:
    """Tracks are numbered anew when a camera's process is; the steady clock goes on."""
    about = proposal.track.number, proposal.confirmation.best.subject_id, proposal.moment.arrived_ns
    key = f"{watch.deployment_id}/{watch.camera}/{'/'.join(map(str, about))}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _ago(moment: datetime, elapsed_ns: int) -> datetime:
    return moment - timedelta(microseconds=elapsed_ns / 1000)
