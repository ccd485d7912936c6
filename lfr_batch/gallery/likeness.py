"""How the people of a gallery score with each other: what tells it from the pack's calibration.

A gallery of one family, of one group, or with many pictures of each is harder than one of as many
unlike people: strangers of that kind score higher with it. Its own people are such strangers to one
another. Of each, one picture is looked for among all others; the median of the best scores is its
usual best. Tails are not looked at: there, one person enrolled under two names passes for many
look-alikes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lfr_batch.gallery.fitted import Likeness
from lfr_batch.gallery.matcher import Matcher
from lfr_batch.gallery.ranking import RankedSubject
from lfr_batch.gallery.relative import LEAST_SUBJECTS, RANKS, level_of
from lfr_batch.records import FloatArray

LOOKED_FOR = 400
"""People, at most: of a million, no more are needed, and it takes a few seconds."""
Z_95 = 1.96


def likeness_of(matcher: Matcher, subjects: int) -> Likeness | None:
    """Of a gallery with so many people; None where fewer than three can be compared.

    With ``matcher.relative`` the scores are relative ones, which takes one person more than a
    search does: who is looked for is not among the others.
    """
    if subjects < (LEAST_SUBJECTS + 1 if matcher.relative else 3):
        return None
    rows = _rows_of_different_people(matcher.snapshot.subject_ids)
    templates = np.asarray(matcher.snapshot.templates[np.array(rows)], np.float32)
    ranked = matcher.rank(templates, matcher.ranks(1) + 1)
    own = (matcher.snapshot.subject_ids[row] for row in rows)
    best = [
        _best(tuple(s for s in found if s.subject_id != subject), matcher.relative)
        for subject, found in zip(own, ranked, strict=True)
    ]
    low, high = median_interval(np.sort(np.array(best)))
    return Likeness(len(best), float(np.median(best)), low, high)


def _rows_of_different_people(subject_ids: Sequence[str]) -> list[int]:
    """From all over the gallery, in which rows lie sorted by subject; ``LOOKED_FOR`` at most."""
    step = max(1, len(subject_ids) // (4 * LOOKED_FOR))
    seen = range(0, len(subject_ids), step)
    first = {subject_ids[row]: row for row in reversed(seen)}
    rows = sorted(first.values())
    return rows[:: math.ceil(len(rows) / LOOKED_FOR)]


def _best(others: Sequence[RankedSubject], relative: bool) -> float:
    return others[0].score - (level_of(others[:RANKS]) if relative else 0.0)


def median_interval(values: FloatArray) -> tuple[float, float]:
    """95 % interval of the median of sorted values, free of any distribution: by the binomial's
    normal approximation (David & Nagaraja, Order Statistics, 7.1)."""
    count = len(values)
    reach = Z_95 * math.sqrt(count) / 2
    first = max(math.floor(count / 2 - reach), 0)
    last = min(math.ceil(count / 2 + reach), count - 1)
    return float(values[first]), float(values[last])
