"""Pictures are searched as `lfr search` searches stills, clips are scanned as `lfr scan` does.

Of a picture every subject's score comes back, where a search would show those above the threshold
alone. The face is looked for, gated, turned upright, embedded and compared by the functions of a
search; of several faces the portrayed one is meant, chosen as an enrolment chooses it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lfr_batch.config.schema import Config
from lfr_batch.errors import FootageError, StoreAway, StoreError
from lfr_batch.evaluation.outcomes import (
    ClipOutcome,
    EvaluatedOutcome,
    ProbeItem,
    ProbeOutcome,
    scores_of,
)
from lfr_batch.footage.decoders import PLAINLY
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import believed_s
from lfr_batch.gallery.chosen_face import choose_face
from lfr_batch.gallery.faiss_index import use_threads
from lfr_batch.gallery.records import Pick
from lfr_batch.recognition.compare import make_probes
from lfr_batch.recognition.search import Search, SearchSpec
from lfr_batch.recognition.shots import take_shots
from lfr_batch.records import Candidate, Track
from lfr_batch.scanning.segment import NO_FACE, faces_of_still
from lfr_batch.scanning.worker import SegmentSearcher, open_searcher
from lfr_batch.work.attempts import Runner, Tell, WorkKind, run_with_attempts
from lfr_batch.work.limits import Limits
from lfr_batch.work.lost import Lost
from lfr_batch.work.machine import item_limits

BELOW_ALL = -10.0
"""A threshold that every score reaches."""


@dataclass(frozen=True, slots=True)
class EvaluationSpec:
    """All a worker needs to open itself; picklable."""

    search: SearchSpec
    pick: Pick | None = None
    best_alone: bool = False
    """Of a picture the best score is enough: a large gallery need not be ranked whole."""

    @property
    def config(self) -> Config:
        return self.search.config

    @property
    def limits(self) -> Limits:
        settled = self.search.settled
        return item_limits(self.config, settled.device if settled else "cpu")

    def media_s(self, items: Sequence[ProbeItem]) -> float:
        return sum(believed_s(item.segment) for item in items)

    @property
    def together(self) -> int:
        return max(1, self.config.engine.segments_per_worker)


def search_probes(
    run: Runner, spec: EvaluationSpec, items: Sequence[ProbeItem], tell: Tell
) -> Generator[EvaluatedOutcome]:
    """An outcome for every item, in whatever order. Raises as ``run_with_attempts``."""
    return run_with_attempts(run, _EVALUATING, spec, items, spec.together, tell)


def open_evaluation_worker(spec: EvaluationSpec) -> Callable[[ProbeItem], EvaluatedOutcome]:
    searcher = open_searcher(spec.search, spec.config.engine.threads, spec.together)
    return partial(_process, searcher, spec)


def _process(searcher: SegmentSearcher, spec: EvaluationSpec, item: ProbeItem) -> EvaluatedOutcome:
    use_threads(searcher.threads)
    try:
        with searcher.lend() as search:
            if item.segment.kind == "still":
                return searched_picture(item, search, spec.pick, 1 if spec.best_alone else None)
            return _scanned(item, searcher, search)
    except StoreAway:
        raise
    except (FootageError, StoreError) as error:
        return _unread(item, str(error))


def searched_picture(
    item: ProbeItem, search: Search, pick: Pick | None = None, top_k: int | None = None
) -> ProbeOutcome:
    """The first picture of a still. ``top_k``: as of ``everybody``. Raises FootageError,
    StoreError."""
    config = search.config
    with closing(open_segment(item.segment, config.s3, PLAINLY)) as frames:
        for frame in frames:
            faces = faces_of_still(frame, search)
            like = config.enrol.like_size
            chosen = choose_face(faces, frame.size_wh, item.box_xyxy, pick, like)
            if chosen.which is None:
                return _not_chosen(item, chosen.outcome == "look at", chosen.reason)
            shots, reasons = take_shots(frame, faces, config.quality)
            shot = shots[chosen.which]
            if shot is None:
                return ProbeOutcome(item.number, "refused", _phrase(reasons[chosen.which]))
            box, at = faces.boxes_xyxy[chosen.which], frame.pts_ns
            track = Track(1, at, at, box, box, 1, (shot,))
            return _compared(item, track, search, top_k)
    return ProbeOutcome(item.number, "unreadable", "no picture in it")


def _not_chosen(item: ProbeItem, is_open: bool, reason: str) -> ProbeOutcome:
    return ProbeOutcome(item.number, "undecided" if is_open else "no face", _phrase(reason))


def _compared(item: ProbeItem, track: Track, search: Search, top_k: int | None) -> ProbeOutcome:
    threshold = search.threshold_of(track)
    candidates = everybody(track, search, top_k)
    if not candidates:
        return ProbeOutcome(item.number, "refused", NO_FACE)
    scores = scores_of(candidates, item.subject_id, threshold)
    stricter_by = threshold - search.threshold
    return ProbeOutcome(item.number, "compared", "", scores, threshold, stricter_by)


def everybody(track: Track, search: Search, top_k: int | None = None) -> tuple[Candidate, ...]:
    """All subjects of the gallery, best first, as a search ranks them for the best person of a
    still's track; nobody where a second look finds no face. ``top_k``: so many of them alone."""
    probes = make_probes([track], search.stages, search.config.track.split_score).people
    if not probes:
        return ()
    subjects = top_k or len(set(search.matcher.snapshot.subject_ids))
    templates = np.stack([probe.template for probe in probes])
    ((candidates, _),) = search.matcher.match(templates, BELOW_ALL, subjects)
    return candidates


def _scanned(item: ProbeItem, searcher: SegmentSearcher, search: Search) -> ClipOutcome:
    result = searcher(item.segment, search)
    outcome = result.outcome
    bare = tuple(replace(each, jpeg=b"", thumbnail=None, further=()) for each in result.sightings)
    said = outcome.error or ""
    return ClipOutcome(item.number, item.segment.segment_id, bare, outcome.media_s, said)


def _phrase(reason: str) -> str:
    """What it is counted by: no particulars of the picture."""
    return reason.partition(":")[0].lstrip("0123456789 ") or reason


def _unread(item: ProbeItem, said: str) -> EvaluatedOutcome:
    if item.segment.kind == "still":
        return ProbeOutcome(item.number, "unreadable", "unreadable")
    return ClipOutcome(item.number, item.segment.segment_id, error=said)


def _given_up(item: ProbeItem, lost: Lost[ProbeItem]) -> EvaluatedOutcome:
    return _unread(item, lost.said or lost.why)


def _key(item: ProbeItem) -> tuple[str, int, str]:
    is_still = item.segment.kind == "still"
    return (
        ("still", item.number, "") if is_still else ("clip", item.number, item.segment.segment_id)
    )


def _key_of(outcome: EvaluatedOutcome) -> tuple[str, int, str]:
    if isinstance(outcome, ProbeOutcome):
        return "still", outcome.number, ""
    return "clip", outcome.number, outcome.segment_id


_EVALUATING: WorkKind[EvaluationSpec, ProbeItem, EvaluatedOutcome] = WorkKind(
    open_evaluation_worker,
    item_key=_key,
    result_key=_key_of,
    again=lambda item, _: item,
    give_up=_given_up,
    is_short=lambda item: item.segment.kind == "still",
)
