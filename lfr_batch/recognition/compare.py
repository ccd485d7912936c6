"""From closed tracks to sightings: embed the best shots, search, decide."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from lfr_batch.faces.detectors import detect
from lfr_batch.faces.evidence import encode_jpeg, evidence, thumbnail
from lfr_batch.faces.multiscale import shared_with
from lfr_batch.faces.realign import realign
from lfr_batch.faces.stages import FaceStages
from lfr_batch.recognition.search import Search
from lfr_batch.records import (
    ByteArray,
    Candidate,
    FaceView,
    FloatArray,
    Segment,
    Shot,
    Sighting,
    Track,
)
from lfr_batch.tracks.best_shot import fuse, split_by_identity

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


def make_probes(tracks: Sequence[Track], stages: FaceStages, split_score: float) -> list[Probe]:
    shots = [shot for track in tracks for shot in track.shots]
    if not shots:
        return []
    views = [view for shot in shots for view in _views_of(shot)]
    landmarks = realign(views, stages.exact_detector)
    aligned = stages.embedder.aligned(views, landmarks)
    templates = _one_per_shot(shots, stages.embedder.embed(*aligned))
    probes: list[Probe] = []
    first = 0
    for track in tracks:
        own = templates[first : first + len(track.shots)]
        first += len(track.shots)
        probes += _probes_of(track, own, split_score)
    return probes


def _views_of(shot: Shot) -> tuple[FaceView, ...]:
    return (shot.view,) if shot.other_field is None else (shot.view, shot.other_field)


def _one_per_shot(shots: Sequence[Shot], templates: FloatArray) -> FloatArray:
    """Two fields of a frame hold different lines of a face: together they tell more of it."""
    if len(templates) == len(shots):
        return templates
    counts = [len(_views_of(shot)) for shot in shots]
    fields = np.split(templates, np.cumsum(counts)[:-1])
    return np.stack([fuse(own, [1.0] * len(own)) for own in fields])


def _probes_of(track: Track, templates: FloatArray, split_score: float) -> list[Probe]:
    groups = split_by_identity(templates, split_score)
    return [
        Probe(
            track,
            person,
            len(groups),
            tuple(track.shots[i] for i in group),
            fuse(templates[group], [track.shots[i].quality + 1e-3 for i in group]),
        )
        for person, group in enumerate(groups)
    ]


def find_sightings(segment: Segment, tracks: Sequence[Track], search: Search) -> list[Sighting]:
    """The sightings among ``tracks``; every other template is gone when this returns."""
    stages = search.stages
    probes = make_probes(tracks, stages, search.config.track.split_score)
    if not probes:
        return []
    templates = np.stack([probe.template for probe in probes])
    thresholds = [search.threshold_of(probe.track) for probe in probes]
    lists = search.matcher.match(templates, thresholds, search.config.decide.top_k)
    found = [
        (probe, candidates, margin)
        for probe, (candidates, margin) in zip(probes, lists, strict=True)
        if candidates
    ]
    return [
        replace(
            _sighting(segment, probe, candidates, margin, evidence_bgr(probe.shots[0], stages)),
            threshold=search.threshold_of(probe.track),
        )
        for probe, candidates, margin in _one_of_each(found)
    ]


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
