"""How many people who are not its subject each enrolled picture brings up. Pure.

One bad photograph defeats any threshold: who is enrolled with it is found wherever somebody
passes. Terms are Doddington's: such a template is a lamb. Which pictures are, a test says (the
upper tail of the binomial distribution, Holm's correction over all pictures), since in a large
gallery some bring up somebody by chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lfr_batch.gallery.exact_scores import Doubles, Rows
from lfr_batch.gallery.templates import AnyTemplates
from lfr_batch.records import BoolArray, FloatArray

ROWS_AT_ONCE = 2048
COMPARISONS = 4_000_000_000
"""At most, of templates with probes: about a minute on two processors."""
SEED = 0
ALPHA = 0.05
"""Of all pictures together."""


@dataclass(frozen=True, slots=True)
class Probes:
    """Pictures that are compared with every template of a gallery."""

    templates: FloatArray
    """(m, d), L2-normalised."""
    owners: Rows
    """(m,) whose they are: the number of a subject of the gallery, or one beyond those."""
    sampled: bool
    """They are a part of what there is, drawn with ``SEED``."""

    @property
    def people(self) -> int:
        return len(np.unique(self.owners))


@dataclass(frozen=True, slots=True)
class Attracted:
    """What probes bring up in a gallery of n templates, their own subjects left out."""

    rows: Rows
    """Of the gallery, one for each pair that reaches the threshold."""
    probes: Rows
    """(pairs,) with which probe."""
    scores: FloatArray
    best_rows: Rows
    """(m,) for each probe the template of another subject that scores best; -1: there is none."""
    best_scores: FloatArray

    def people_of(self, owners: Rows, templates: int) -> Rows:
        """(n,) how many people each template brings up."""
        pairs = np.unique(np.stack([self.rows, owners[self.probes]]), axis=1)
        return np.bincount(pairs[0], minlength=templates).astype(np.int64)


def sample_rows(templates: int, others: int, comparisons: int = COMPARISONS) -> tuple[Rows, bool]:
    """Which of ``others`` pictures are compared with ``templates``, sorted, and whether that is a
    part of them."""
    most = max(comparisons // max(templates, 1), 1)
    if others <= most:
        return np.arange(others), False
    drawn = np.random.default_rng(SEED).choice(others, most, replace=False)
    return np.sort(drawn), True


def attracted(
    templates: AnyTemplates, subjects: Rows, probes: Probes, threshold: float
) -> Attracted:
    """Compare (n, d) templates, ``subjects`` (n,) being whose each is, sorted, with the probes."""
    best_rows = np.full(len(probes.owners), -1, np.int64)
    best_scores = np.full(len(probes.owners), -np.inf, np.float32)
    found: list[tuple[Rows, Rows, FloatArray]] = []
    for start, scores in _blocks(templates, subjects, probes):
        top = scores.argmax(axis=1)
        highest = scores[np.arange(len(scores)), top]
        better = highest > best_scores
        best_rows[better], best_scores[better] = top[better] + start, highest[better]
        reaching = np.flatnonzero(highest >= threshold)  # most bring up nobody here
        which, rows = np.nonzero(scores[reaching] >= threshold)
        found.append((rows + start, reaching[which], scores[reaching[which], rows]))
    rows, hit, reached = (np.concatenate(part) for part in zip(*found, strict=True))
    return Attracted(rows, hit, reached, best_rows, best_scores)


def _blocks(
    templates: AnyTemplates, subjects: Rows, probes: Probes
) -> Iterator[tuple[int, FloatArray]]:
    """Scores of all probes with some rows; -inf where a row is of the probe's own subject."""
    firsts = np.searchsorted(subjects, probes.owners, "left")
    lasts = np.searchsorted(subjects, probes.owners, "right")
    for start in range(0, len(templates), ROWS_AT_ONCE):
        scores = np.asarray(probes.templates @ templates[start : start + ROWS_AT_ONCE].T)
        own_here = (firsts < start + ROWS_AT_ONCE) & (lasts > start)
        for probe in np.flatnonzero(own_here).tolist():
            scores[probe, max(firsts[probe] - start, 0) : lasts[probe] - start] = -np.inf
        yield start, scores


def tail_probabilities(people: Rows, subjects: Rows, of: int, fmr: float) -> Doubles:
    """(n,) how likely it is that a template brings up as many of ``of`` people as ``people`` says,
    if it were like others: P(X ≥ people), X binomial.

    With the share of people that the other subjects' templates bring up, since those of one subject
    are alike in this, too; but at least with ``fmr``.
    """
    from scipy.special import betainc  # noqa: PLC0415 - few commands need it

    own, own_templates = np.bincount(subjects, weights=people), np.bincount(subjects)
    others = np.maximum((len(people) - own_templates[subjects]) * of, 1)
    share = np.clip((people.sum() - own[subjects]) / others, max(fmr, 1e-12), 1.0)
    hit = people > 0
    tails = np.ones(len(people))
    tails[hit] = betainc(people[hit], np.maximum(of - people[hit], 0) + 1, share[hit])
    return np.asarray(tails)


def outliers(tails: Doubles, alpha: float = ALPHA) -> BoolArray:
    """(n,) which of the tests hold after Holm's correction."""
    order = np.argsort(tails, kind="stable")
    limits = alpha / (len(tails) - np.arange(len(tails)))
    fails = np.flatnonzero(tails[order] > limits)
    taken = np.zeros(len(tails), np.bool_)
    taken[order[: fails[0] if len(fails) else len(tails)]] = True
    return taken
