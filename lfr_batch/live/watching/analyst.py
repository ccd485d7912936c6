"""What the cameras of a deployment share: the models and the watchlist.

Pictures come in and verdicts go out. Templates stay here, in buffers that are overwritten when
their track is over; of pictures nothing is kept between two calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from lfr_batch.config.schema import QualityConfig
from lfr_batch.faces.detectors import Input, detect_in_turn
from lfr_batch.faces.realign import realign
from lfr_batch.faces.stages import detect_in_still
from lfr_batch.faces.turns import Turn
from lfr_batch.footage.stills import StillFrame
from lfr_batch.gallery.decide import CandidateList
from lfr_batch.live.watching.pictures import AlertPictures, alert_pictures
from lfr_batch.live.watching.track_book import CameraLoop, TrackBook, TrackKey
from lfr_batch.models.devices import available_cores
from lfr_batch.models.synthetic import face_in_a_picture
from lfr_batch.recognition.search import Search, SearchSpec, open_search
from lfr_batch.recognition.shots import take_shots
from lfr_batch.records import Candidate, FaceBatch, FaceView, FloatArray, Shot
from lfr_batch.tracks.best_shot import blend, split_by_identity
from lfr_batch.work.privacy import (
    overwrite_small_arrays,
    overwrite_what_is_freed,
    protect_files,
)

DRAWN_PX = 640
DRAWN = QualityConfig(min_sharpness=0.0)
"""A drawn face has no pores."""


@dataclass(frozen=True, slots=True)
class Person:
    """Shots of a track that agree, and what the watchlist says of the template they make."""

    shots: tuple[int, ...]
    """Rows of the comparison's templates, best first."""
    candidates: CandidateList


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the watchlist says of a track's shots."""

    of_shots: tuple[CandidateList, ...] = ()
    """In the order of the moments that were asked about."""
    people: tuple[Person, ...] = ()
    """More than one where the track slipped from face to face."""
    complete: bool = True
    """False: templates of earlier shots are not here any more, and nothing was compared; the views
    of all shots are wanted."""


class Analyst(Protocol):
    """What a camera asks of the models and the watchlist, wherever they run."""

    def detect(self, turn: Turn, picture: Input) -> FaceBatch:
        """Faces of one scaled picture, in pixels of the whole frame."""
        ...

    def compare(
        self,
        track: TrackKey,
        moments_ns: Sequence[int],
        views: Sequence[FaceView],
        weights: Sequence[float],
    ) -> Comparison:
        """All shots of a track, together, by their moments; ``views`` are of the last of them, the
        earlier ones were compared before. ``weights``: of all."""
        ...

    def forget(self, loop: CameraLoop, open_numbers: Sequence[int]) -> None:
        """Other tracks of that camera are over."""
        ...

    def pictures(self, shot: Shot, best: Candidate) -> AlertPictures:
        """The shot, everyone else hidden, and whom it is taken for."""
        ...


@dataclass
class LocalAnalyst:
    """Satisfies ``Analyst`` in this process. Not to be called from two threads at once."""

    search: Search
    book: TrackBook = field(default_factory=TrackBook)
    _embedded: int = 0
    _searched: int = 0
    """Most templates at a time that buffers of the embedder, and of the search, may hold yet."""

    def detect(self, turn: Turn, picture: Input) -> FaceBatch:
        [found] = self.detect_each([(turn, picture)])
        return found

    def detect_each(self, pictures: Iterable[tuple[Turn, Input]]) -> Iterator[FaceBatch]:
        """One look for each of several cameras, in order, each taken while earlier ones compute."""
        return detect_in_turn(self.search.stages.frame_detectors, pictures)

    def compare(
        self,
        track: TrackKey,
        moments_ns: Sequence[int],
        views: Sequence[FaceView],
        weights: Sequence[float],
    ) -> Comparison:
        known = self.book.known(track)
        earlier = moments_ns[: len(moments_ns) - len(views)]
        if any(moment not in known for moment in earlier):
            return Comparison(complete=False)
        fresh = self._templates(views)
        templates = np.concatenate([*(known[moment][None] for moment in earlier), fresh])
        try:
            found = self._compared(templates, weights)
            self.book.keep(track, dict(zip(moments_ns, templates, strict=True)))
        finally:
            templates.fill(0.0)
            fresh.fill(0.0)
            for dim in self.search.stages.embedder.dims:
                overwrite_small_arrays(templates.itemsize * dim)
        return found

    def forget(self, loop: CameraLoop, open_numbers: Sequence[int]) -> None:
        self.book.end_others(loop, open_numbers)

    def tidy(self) -> None:
        """Now and then, also where no camera asks anything any more.

        What libraries keep of faces in buffers of their own the next ones overwrite, and blank
        ones once nobody is in view.
        """
        self.book.end_idle()
        if self._embedded and not self.book:
            embedder = self.search.stages.embedder
            width = embedder.embed(*embedder.blank(self._embedded)).shape[1]
            self.search.matcher.rank(np.zeros((self._searched, width), np.float32), 2)
            self._embedded = self._searched = 0

    def _templates(self, views: Sequence[FaceView]) -> FloatArray:
        stages = self.search.stages
        landmarks = realign(views, stages.exact_detector)
        self._embedded = max(self._embedded, len(views))
        return stages.embedder.embed(*stages.embedder.aligned(views, landmarks))

    def _compared(self, templates: FloatArray, weights: Sequence[float]) -> Comparison:
        config = self.search.config
        groups = _by_identity(templates, weights, config.track.split_score)
        fused = [blend(templates[list(g)], [weights[i] for i in g]) for g in groups]
        probes = np.concatenate([templates, *(template[None] for template in fused)])
        self._searched = max(self._searched, len(probes))
        lists = self.search.matcher.match(probes, self.search.threshold, config.decide.top_k)
        of_shots, of_people = lists[: len(templates)], lists[len(templates) :]
        people = tuple(Person(g, found) for g, found in zip(groups, of_people, strict=True))
        return Comparison(tuple(of_shots), people)

    def pictures(self, shot: Shot, best: Candidate) -> AlertPictures:
        return alert_pictures(shot, best, self.search)


def open_analyst(spec: SearchSpec) -> LocalAnalyst:
    """Raises any LfrError that makes the deployment impossible."""
    protect_files()
    overwrite_what_is_freed()
    cv2.setNumThreads(1)
    analyst = LocalAnalyst(open_search(spec, available_cores()))
    _warm_up(analyst)
    return analyst


def _warm_up(analyst: LocalAnalyst) -> None:
    """What takes a second the first time, with a drawn face before anybody's."""
    stages, snapshot = analyst.search.stages, analyst.search.matcher.snapshot
    still = StillFrame(np.ascontiguousarray(face_in_a_picture(DRAWN_PX)[..., ::-1]))
    faces = detect_in_still(stages.still_detector, still, (DRAWN_PX,))
    shots, _ = take_shots(still, faces, DRAWN)
    for shot in filter(None, shots):
        loop = CameraLoop("", 0)
        analyst.compare(TrackKey(loop, 0), [0], [shot.view], [1.0])
        analyst.forget(loop, ())
        somebody = Candidate(1, snapshot.subject_ids[0], snapshot.image_ids[0], 0.0, False)
        analyst.pictures(shot, somebody)


def _by_identity(
    templates: FloatArray, weights: Sequence[float], split_score: float
) -> list[tuple[int, ...]]:
    best_first = sorted(range(len(templates)), key=lambda row: -weights[row])
    groups = split_by_identity(templates[best_first], split_score)
    return [tuple(best_first[i] for i in group) for group in groups]
