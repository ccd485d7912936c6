"""All figures of an evaluation, in the order in which they are kept. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from lfr_batch.evaluation import measured as m
from lfr_batch.evaluation.by_group import by_group
from lfr_batch.evaluation.figures import PROBE, Figure, of_rate
from lfr_batch.evaluation.intervals import rate_of
from lfr_batch.evaluation.measured import Measured
from lfr_batch.evaluation.outcomes import SearchedPicture
from lfr_batch.evaluation.sightings import ClipFigures
from lfr_batch.evaluation.whole import whole

_DIGEST = "lfr evaluation picture"


def all_figures(measured: Measured) -> list[Figure]:
    return [
        *whole(measured),
        *by_group(measured),
        *(of_clips(measured.clips) if measured.clips else ()),
        *single_probes(measured),
    ]


def of_clips(clips: ClipFigures) -> Iterator[Figure]:
    found = np.array([match.is_found for match in clips.matches])
    people = m.numbers(match.label.subject_id for match in clips.matches)
    yield of_rate("sighting_found", rate_of(found, people))
    yield of_rate("sighting_missed", rate_of(~found, people) if len(found) else None)
    lost = "segments of clips that could not be searched"
    yield Figure("count", float(clips.not_searched), found=clips.not_searched, detail=lost)
    hours = clips.media_s / 3600
    yield Figure("sighting_false", float(clips.false), found=clips.false)
    yield Figure("footage_h", hours)
    if hours:
        yield Figure("sighting_false_per_h", clips.false / hours, found=clips.false)
    yield from _errors("begin_error_s", [c.begin_error_s for c in clips.matches])
    yield from _errors("end_error_s", [c.end_error_s for c in clips.matches])


def _errors(figure: str, errors: Iterable[float | None]) -> Iterator[Figure]:
    """The median and, as its ends, the tenth and ninetieth of a hundred."""
    known = [error for error in errors if error is not None]
    if known:
        low, middle, high = (float(x) for x in np.percentile(known, (10, 50, 90)))
        yield Figure(figure, middle, low, high, among=len(known), method="10th and 90th of 100")


def single_probes(measured: Measured) -> Iterator[Figure]:
    """1 where a search went wrong: somebody was missed, or a stranger brought up somebody."""
    of: defaultdict[str, list[str]] = defaultdict(list)
    for picture in measured.searched:
        of[picture.person].append(probe_key(picture))
    keys = {person: _digest("".join(sorted(theirs))) for person, theirs in of.items()}
    wrong = m.missed(measured, measured.threshold), m.false_alarms(measured, measured.threshold)
    sides = ("mated", measured.mated, wrong[0]), ("non-mated", measured.unknown, wrong[1])
    for side, pictures, is_wrong in sides:
        for picture, value in zip(pictures, is_wrong, strict=True):
            yield Figure(
                PROBE,
                float(value),
                threshold=measured.threshold,
                detail=side,
                probe_key=probe_key(picture),
                person_key=keys[picture.person],
            )


def probe_key(picture: SearchedPicture) -> str:
    """By which the same picture is known in another evaluation, and nothing else of it."""
    return _digest(picture.sha256)


def _digest(text: str) -> str:
    return hashlib.sha256(f"{_DIGEST}\0{text}".encode()).hexdigest()[:16]
