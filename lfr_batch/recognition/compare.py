"""From closed tracks to sightings: embed the best shots, search, decide."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, compress, pairwise
from typing import TypeVar

import cv2
import numpy as np

from lfr_batch.faces.detectors import detect
from lfr_batch.faces.evidence import encode_jpeg, evidence, further_picture, thumbnail
from lfr_batch.faces.multiscale import shared_with
from lfr_batch.faces.realign import SURE_SCORE, SecondLook, look_again
from lfr_batch.faces.stages import FaceStages
from lfr_batch.gallery.relative import score_needed
from lfr_batch.recognition.search import Search
from lfr_batch.records import (
    ByteArray,
    Candidate,
    FaceView,
    FloatArray,
    FurtherShot,
    Segment,
    Shot,
    Sighting,
    Track,
    nanoseconds,
)
from lfr_batch.tracks.best_shot import FURTHER_SHOTS, blend, further_looks, fuse, split_by_identity

SAME_FACE = 0.3
"""A finding that shares this much with the wanted face is that face, not another."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One person of one track: the shots that agree, and the template they make."""

    track: Track
    person: int
    people: int
    """How many people the track turned out to hold."""
    shots: tuple[Shot, ...]
    template: FloatArray


@dataclass(frozen=True, slots=True)
class MadeProbes:
    """What tracks turned out to hold."""

    people: tuple[Probe, ...] = ()
    no_faces: int = 0
    """Shots in which no second look found a face: they are part of no template."""


def make_probes(tracks: Sequence[Track], stages: FaceStages, split_score: float) -> MadeProbes:
    shots = [shot for track in tracks for shot in track.shots]
    views = [view for shot in shots for view in _views_of(shot)]
    if not views:
        return MadeProbes()
    quick = stages.frame_detectors.get("quick")
    looks = look_again(views, stages.exact_detector, quick)
    looks_of = _in_turn(looks, [len(_views_of(shot)) for shot in shots])
    faces = [
        any(look.is_face for look in own) or (not quick and shot.detection_score >= SURE_SCORE)
        for shot, own in zip(shots, looks_of, strict=True)
    ]
    of_faces = [
        (shot, own) for shot, own, is_face in zip(shots, looks_of, faces, strict=True) if is_face
    ]
    tracks = _with_faces(tracks, faces)
    if not of_faces:
        return MadeProbes((), len(shots))
    templates = _templates([shot for shot, _ in of_faces], [own for _, own in of_faces], stages)
    own_templates = _in_turn(list(templates), [len(track.shots) for track in tracks])
    people = [
        probe
        for track, own in zip(tracks, own_templates, strict=True)
        for probe in _probes_of(track, own, split_score)
    ]
    return MadeProbes(tuple(people), len(shots) - len(of_faces))


T = TypeVar("T")


def _in_turn(things: Sequence[T], counts: Sequence[int]) -> list[Sequence[T]]:
    """The first so many, the next so many, ..."""
    ends = np.cumsum([0, *counts])
    return [things[start:end] for start, end in pairwise(ends.tolist())]


def _with_faces(tracks: Sequence[Track], faces: Sequence[bool]) -> list[Track]:
    """Without shots in which there is none; ``faces``: of all shots in turn."""
    of_tracks = _in_turn(faces, [len(track.shots) for track in tracks])
    return [
        track if all(own) else replace(track, shots=tuple(compress(track.shots, own)))
        for track, own in zip(tracks, of_tracks, strict=True)
    ]


def _templates(
    shots: Sequence[Shot], looks: Sequence[Sequence[SecondLook]], stages: FaceStages
) -> FloatArray:
    views = [view for shot in shots for view in _views_of(shot)]
    landmarks = [look.landmarks_xy for look in chain.from_iterable(looks)]
    aligned = stages.embedder.aligned(views, landmarks)
    return _one_per_shot(shots, stages.embedder.embed(*aligned))


def _views_of(shot: Shot) -> tuple[FaceView, ...]:
    return (shot.view,) if shot.other_field is None else (shot.view, shot.other_field)


def _one_per_shot(shots: Sequence[Shot], templates: FloatArray) -> FloatArray:
    """Two fields of a frame hold different lines of a face: together they tell more of it."""
    if len(templates) == len(shots):
        return templates
    counts = [len(_views_of(shot)) for shot in shots]
    fields = np.split(templates, np.cumsum(counts)[:-1])
    return np.stack([fuse(own, [1.0] * len(own)) for own in fields])


def _probes_of(track: Track, own: Sequence[FloatArray], split_score: float) -> list[Probe]:
    if not own:
        return []
    templates = np.stack(own)
    groups = split_by_identity(templates, split_score)
    return [
        Probe(
            track,
            person,
            len(groups),
            tuple(track.shots[i] for i in group),
            blend(templates[group], [track.shots[i].quality for i in group]),
        )
        for person, group in enumerate(groups)
    ]


@dataclass(frozen=True, slots=True)
class ComparedTracks:
    sightings: tuple[Sighting, ...] = ()
    no_faces: int = 0
    """As of ``MadeProbes``."""


def find_sightings(segment: Segment, tracks: Sequence[Track], search: Search) -> ComparedTracks:
    """The sightings among ``tracks``; every other template is gone when this returns."""
    stages = search.stages
    made = make_probes(tracks, stages, search.config.track.split_score)
    probes = made.people
    if not probes:
        return ComparedTracks(no_faces=made.no_faces)
    templates = np.stack([probe.template for probe in probes])
    thresholds = [search.threshold_of(probe.track) for probe in probes]
    lists = search.matcher.match(templates, thresholds, search.config.decide.top_k)
    found = [
        (probe, candidates, margin)
        for probe, (candidates, margin) in zip(probes, lists, strict=True)
        if candidates
    ]
    sightings = [
        replace(
            _sighting(segment, probe, candidates, margin, evidence_bgr(probe.shots[0], stages)),
            threshold=score_needed(candidates[0], search.threshold_of(probe.track)),
            further=further_shots(probe.shots, search),
        )
        for probe, candidates, margin in _one_of_each(found)
    ]
    return ComparedTracks(tuple(sightings), made.no_faces)


Match = tuple[Probe, tuple[Candidate, ...], float | None]


def _one_of_each(found: Sequence[Match]) -> list[Match]:
    """Of the people of one track that match the same subject, the one that matches best.

    A turned head can score low against the same head seen from the front: then one person was
    taken for two, and is one sighting all the same.
    """
    best: dict[tuple[int, str], Match] = {}
    for match in found:
        key = match[0].track.number, match[1][0].subject_id
        if key not in best or match[1][0].score > best[key][1][0].score:
            best[key] = match
    return list(best.values())


def further_shots(shots: Sequence[Shot], search: Search) -> tuple[FurtherShot, ...]:
    """Of one person's shots, best first, what is kept besides the evidence picture."""
    spacing_ns = nanoseconds(search.config.track.shot_spacing_s)
    chosen = further_looks(shots[0], shots[1:], FURTHER_SHOTS, spacing_ns)
    return tuple(
        FurtherShot(
            pts_ns=shot.pts_ns,
            quality=shot.quality,
            box_xyxy=_box(shot.box_xyxy),
            jpeg=further_picture(evidence_bgr(shot, search.stages)),
        )
        for shot in chosen
    )


def evidence_jpeg(shot: Shot, stages: FaceStages) -> bytes:
    """``evidence_bgr`` as a JPEG."""
    return encode_jpeg(evidence_bgr(shot, stages))


def evidence_bgr(shot: Shot, stages: FaceStages) -> ByteArray:
    """The evidence picture, searched once more for faces that were missed in the whole frame."""
    crop = shot.view.bgr
    box = stages.exact_detector.fit((crop.shape[1], crop.shape[0]), max(crop.shape[:2]))
    content = cv2.cvtColor(cv2.resize(crop, box.content_wh), cv2.COLOR_BGR2RGB)
    faces = detect(stages.exact_detector, np.asarray(content, np.uint8), box)
    missed = shared_with(faces.boxes_xyxy, shot.view.box_xyxy) < SAME_FACE
    return evidence(shot.view, faces.boxes_xyxy[missed])


def _sighting(
    segment: Segment,
    probe: Probe,
    candidates: tuple[Candidate, ...],
    margin: float | None,
    picture_bgr: ByteArray,
) -> Sighting:
    best = probe.shots[0]
    start_ns, end_ns = _span_ns(probe)
    first_box, last_box = probe.track.first_box_xyxy, probe.track.last_box_xyxy
    return Sighting(
        sighting_id=_sighting_id(segment, probe),
        footage_id=segment.footage_id,
        segment_id=segment.segment_id,
        start_ns=start_ns,
        end_ns=end_ns,
        first_box_xyxy=_box(first_box),
        last_box_xyxy=_box(last_box),
        frames=probe.track.frames if probe.people == 1 else len(probe.shots),
        best_ns=best.pts_ns,
        box_xyxy=_box(best.box_xyxy),
        landmarks_xy=tuple(float(x) for x in best.landmarks_xy.ravel()),
        quality=best.quality,
        detection_score=best.detection_score,
        margin=margin,
        candidates=candidates,
        jpeg=encode_jpeg(picture_bgr),
        thumbnail=thumbnail(picture_bgr),
        picture=best.picture,
    )


def _span_ns(probe: Probe) -> tuple[int, int]:
    """The track's span; of a track that held several people only the person's own shots."""
    if probe.people == 1:
        return probe.track.start_ns, probe.track.end_ns
    moments = [shot.pts_ns for shot in probe.shots]
    return min(moments), max(moments)


def _sighting_id(segment: Segment, probe: Probe) -> str:
    key = f"{segment.segment_id}/{probe.track.number}/{probe.person}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _box(box_xyxy: FloatArray) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(x) for x in box_xyxy)
    return left, top, right, bottom
