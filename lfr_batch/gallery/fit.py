"""How well each picture of a subject fits the subject's others. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lfr_batch.gallery.exact_scores import Doubles, Rows
from lfr_batch.gallery.templates import AnyTemplates


@dataclass(frozen=True, slots=True)
class OwnFit:
    """(n,) each, NaN where a subject has one picture."""

    mean: Doubles
    """Of the scores with the subject's other pictures."""
    best: Doubles
    """Of these."""


def own_fit(templates: AnyTemplates, subjects: Rows) -> OwnFit:
    """Of (n, d) templates; those of a subject stand together."""
    mean, best = np.full((2, len(subjects)), np.nan)
    starts = np.flatnonzero(np.diff(subjects, prepend=-1))
    ends = np.append(starts[1:], len(subjects))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start > 1:
            theirs = np.asarray(templates[start:end], np.float64)
            scores = theirs @ theirs.T
            np.fill_diagonal(scores, 0.0)
            mean[start:end] = scores.sum(axis=1) / (end - start - 1)
            np.fill_diagonal(scores, -np.inf)
            best[start:end] = scores.max(axis=1)
    return OwnFit(mean, best)


def worst_of_each(mean: Doubles, subjects: Rows) -> Rows:
    """The rows that fit worst, one of each subject that has several, sorted."""
    there = np.flatnonzero(~np.isnan(mean))
    order = there[np.lexsort((mean[there], subjects[there]))]
    first = np.unique(subjects[order], return_index=True)[1]
    return np.asarray(np.sort(order[first]), np.int64)
