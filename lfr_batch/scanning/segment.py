"""One segment, from frames to sightings.

Frames and templates of people who are not in the gallery exist in this process's memory only, and
no longer than their track.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, count, islice
from time import perf_counter

from lfr_batch.config.schema import TrackConfig
from lfr_batch.errors import FootageChanged, FootageError
from lfr_batch.faces.stages import detect_in_still
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.stillness import Stillness
from lfr_batch.recognition.compare import find_sightings
from lfr_batch.recognition.coverage import Coverage, leap_ns
from lfr_batch.recognition.looks import Look, SegmentCounts, find_faces
from lfr_batch.recognition.search import Search
from lfr_batch.recognition.selection import select_looks
from lfr_batch.recognition.shots import take_shots
from lfr_batch.records import (
    FaceBatch,
    Segment,
    SegmentOutcome,
    Shot,
    Sighting,
    Track,
    seconds,
)
from lfr_batch.scanning.ahead import ahead
from lfr_batch.tracks import tracker
from lfr_batch.tracks.patience import patient

AHEAD = 3
"""Looks that may wait with their frames."""
TRACKS_OF_A_VIEW = 1_000_000
"""Numbers that the tracks of one camera may have, where several take turns."""
NO_FACE = "no face"
"""Why a best shot is refused in which a second look finds no face."""
COMPARE_AT_SHOTS = 64
"""Closed tracks are compared together once they hold this many shots."""


@dataclass(frozen=True, slots=True)
class SegmentResult:
    outcome: SegmentOutcome
    sightings: tuple[Sighting, ...]


def scan_segment(
    segment: Segment,
    frames: Iterable[Frame],
    search: Search,
    stillness: Stillness | None = None,
    *,
    beside: bool = False,
) -> SegmentResult:
    """Search one segment. Damaged footage yields what could be read and a failed outcome.

    Raises FootageChanged: what was seen may be of another file than the segment is of.

    ``stillness`` is what ``frames`` were opened with: the decoder learns from the motion gate.
    ``beside``: frames are decoded in a thread of their own, for which there must be a core.
    """
    started = perf_counter()
    tally = SegmentCounts(coverage=_coverage_of(segment, search.config.footage.sample_fps))
    damage: list[FootageError] = []
    readable = tally.decoding.over(_until_damage(frames, damage))
    if segment.kind == "still":
        sightings = _compare(segment, _still_tracks(readable, search, tally), search, tally)
    else:
        footage = search.config.footage
        looks = select_looks(readable, footage, tally, stillness, segment.views)
        with closing(ahead(looks, AHEAD) if beside else looks) as selected:
            tracks = _moving_tracks(segment, selected, search, tally)
            sightings = _compare(segment, tracks, search, tally)
    tally.coverage.ended()
    error = str(damage[0]) if damage else None
    outcome = _outcome(segment, tally, len(sightings), error, perf_counter() - started)
    return SegmentResult(outcome, sightings)


def _until_damage(frames: Iterable[Frame], damage: list[FootageError]) -> Iterator[Frame]:
    try:
        yield from frames
    except FootageChanged:
        raise
    except FootageError as error:
        damage.append(error)


def _coverage_of(segment: Segment, sample_fps: float) -> Coverage:
    return Coverage(segment.start_ns, segment.end_ns, leap_ns(segment.frame_rate, sample_fps))


def _moving_tracks(
    segment: Segment, looks: Iterator[Look], search: Search, tally: SegmentCounts
) -> Iterator[Track]:
    """A video of a single look is looked at as a still is: there will be no second."""
    first_two = list(islice(looks, 2))
    whole = segment.start_ns == 0 and segment.end_ns is None
    lone = [look.frame for look in first_two if look.frame is not None]
    if whole and len(first_two) == len(lone) == 1:
        yield from _tracks_of_still(lone[0], search, tally)
        return
    sample_fps = search.config.footage.sample_fps
    limits = patient(search.config.track, segment.frame_rate, sample_fps, segment.views)
    yield from _video_tracks(chain(first_two, looks), limits, search, tally)


def _video_tracks(
    looks: Iterable[Look], limits: TrackConfig, search: Search, tally: SegmentCounts
) -> Iterator[Track]:
    config = search.config
    views = count(step=TRACKS_OF_A_VIEW)
    states = defaultdict[int, tracker.TrackerState](
        lambda: tracker.TrackerState(next_number=next(views))
    )
    for seen in find_faces(looks, search.stages.frame_detectors, config, tally):
        look = seen.look
        state = states[look.view]
        closed: tuple[Track, ...] = ()
        if look.scene_cut:
            state, closed = tracker.close_all(state)
            yield from _kept(closed, limits, tally)
        if look.frame is None:
            state = tracker.hold(state, look.pts_ns)
        else:
            shots = _shots(look.frame, seen.faces, search, tally)
            state, closed = tracker.look(
                state, look.pts_ns, seen.faces, shots, limits, seen.shown_xyxy
            )
            yield from _kept(closed, limits, tally)
        states[look.view] = state
    for state in states.values():
        yield from _kept(tracker.close_all(state)[1], limits, tally)


def _kept(tracks: tuple[Track, ...], limits: TrackConfig, tally: SegmentCounts) -> Iterator[Track]:
    """Without what was seen too seldom, although it could have been seen again."""
    for track in tracks:
        if track.frames >= limits.min_frames or track.alone:
            tally.tracks += 1
            yield track


def _still_tracks(frames: Iterable[Frame], search: Search, tally: SegmentCounts) -> Iterator[Track]:
    for frame in frames:
        tally.frames_decoded += 1
        tally.frames_analysed += 1
        tally.coverage.saw(frame.pts_ns)
        yield from _tracks_of_still(frame, search, tally)


def _tracks_of_still(frame: Frame, search: Search, tally: SegmentCounts) -> Iterator[Track]:
    """Every face of a still is a track of its own."""
    with tally.inferring.running():
        faces = faces_of_still(frame, search)
    tally.faces_detected += len(faces)
    shots = _shots(frame, faces, search, tally)
    for box, shot in zip(faces.boxes_xyxy, shots, strict=True):
        tally.tracks += 1
        kept = (shot,) if shot else ()
        yield Track(tally.tracks, frame.pts_ns, frame.pts_ns, box, box, 1, kept)


def faces_of_still(frame: Frame, search: Search) -> FaceBatch:
    return detect_in_still(
        search.stages.still_detector,
        frame,
        search.config.detect.still_long_sides_px,
        search.config.quality.min_face_px,
        search.config.detect.still_tile_px,
    )


def _shots(
    frame: Frame, faces: FaceBatch, search: Search, tally: SegmentCounts
) -> list[Shot | None]:
    shots, reasons = take_shots(frame, faces, search.config.quality)
    tally.reject(reasons)
    return shots


def _compare(
    segment: Segment, tracks: Iterable[Track], search: Search, tally: SegmentCounts
) -> tuple[Sighting, ...]:
    found: list[Sighting] = []
    for group in _groups(tracks, COMPARE_AT_SHOTS):
        with tally.inferring.running():
            compared = find_sightings(segment, group, search)
        found += compared.sightings
        tally.reject([NO_FACE] * compared.no_faces)
    return tuple(found)


def _groups(tracks: Iterable[Track], shots: int) -> Iterator[list[Track]]:
    group: list[Track] = []
    for track in tracks:
        group.append(track)
        if sum(len(t.shots) for t in group) >= shots:
            yield group
            group = []
    if group:
        yield group


def _outcome(
    segment: Segment, tally: SegmentCounts, sightings: int, error: str | None, wall_s: float
) -> SegmentOutcome:
    covered = tally.coverage
    seen_to_s = segment.start_s if covered.last_ns is None else seconds(covered.last_ns)
    return SegmentOutcome(
        segment_id=segment.segment_id,
        footage_id=segment.footage_id,
        start_s=segment.start_s,
        end_s=max(segment.end_s, seen_to_s) if segment.end_ns is None else segment.end_s,
        status="failed" if error else "done",
        attempt=segment.attempt,
        error=error,
        frames_decoded=tally.frames_decoded,
        frames_analysed=tally.frames_analysed,
        faces_detected=tally.faces_detected,
        faces_rejected=sum(tally.rejections.values()),
        rejections=tally.rejections,
        tracks=tally.tracks,
        sightings=sightings,
        media_s=seconds(covered.seen_ns),
        unsearched=None if error else covered.unsearched(segment.uri),
        unsearched_s=seconds(covered.unseen_ns),
        decode_s=tally.decoding.spent_s,
        infer_s=tally.inferring.spent_s,
        wall_s=wall_s,
    )
