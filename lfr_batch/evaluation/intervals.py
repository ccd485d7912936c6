"""How sure a share makes anybody: people are drawn anew, since one person's pictures go together.
Pure.

The bootstrap of B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics
7 (1979), 1-26, by the percentile method, with people as the units that are drawn (a cluster
bootstrap): pictures of one person are no independent trials. Where everybody has one, and where a
share is 0 or 1, of one person, or the same for everybody, of which no draw tells anything, the
interval is that of Clopper and Pearson, there with people in place of pictures. Draws are the same
every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfr_batch.proportion import clopper_pearson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 1000
SEED = 19795
ENDS = (2.5, 97.5)
BOOTSTRAP, EXACT = "bootstrap over people", "Clopper-Pearson"
_CELLS = 4_000_000
"""Of drawn numbers that are in memory at once."""


@dataclass(frozen=True, slots=True)
class MeasuredRate:
    """``found`` of ``among``, which are of ``people``; all shares 0 to 1."""

    found: int
    among: int
    people: int
    value: float
    low: float
    high: float
    method: str


def rate_of(hits: NDArray[Any], people: Ints) -> MeasuredRate | None:
    """``hits`` (n,) bool; ``people`` (n,) the number of whose it is. None of nothing."""
    if not len(hits):
        return None
    is_hit = np.asarray(hits, np.float64)
    whose, count = numbered(people)
    found, among = int(is_hit.sum()), len(is_hit)
    value = found / among
    if count == among:
        return MeasuredRate(found, among, count, value, *clopper_pearson(found, among), EXACT)
    low, high, method = ends_of_share(sums_by(whose, count, is_hit, np.ones(among)))
    return MeasuredRate(found, among, count, value, low, high, method)


def ends_of_share(sums: Floats) -> tuple[float, float, str]:
    """Of what was found, in all, to among how many: ``sums`` (people, 2) by person; and the method.
    Exact where draws of people tell nothing, as of people who all have the same share."""
    found, among = (int(total) for total in sums.sum(0))
    if not draws_tell_nothing(found, among, len(sums)):
        low, high = drawn_ends(sums)
        if low < high:
            return low, high, BOOTSTRAP
    return *ends_of_people(found, among, len(sums)), EXACT


def sums_by(whose: Ints, people: int, *columns: Floats) -> Floats:
    """(people, k) what each of k ``columns`` (n,) adds up to for each person."""
    return np.stack([np.bincount(whose, each, people) for each in columns], 1)


def drawn_ends(sums: Floats) -> tuple[float, float]:
    """Of the ratio of the first of ``sums`` (people, 2) to the second."""
    drawn = drawn_sums(sums)
    low, high = np.percentile(drawn[:, 0] / np.maximum(drawn[:, 1], 1.0), ENDS)
    return float(low), float(high)


def draws_tell_nothing(found: int, among: int, people: int) -> bool:
    """Whether all draws of people are alike: none was found, or all, or there is one person."""
    return found in (0, among) or people == 1


def ends_of_people(found: int, among: int, people: int) -> tuple[float, float]:
    """Of a share of which draws tell nothing: as if each person had been counted once, and 0 to 1
    of one person who is neither."""
    if 0 < found < among and people > 1:
        return clopper_pearson(round(found / among * people), people)
    low, _ = clopper_pearson(0 if found < among else people, people)
    _, high = clopper_pearson(people if found else 0, people)
    return low, high


def drawn_sums(sums: Floats, draws: int = DRAWS, seed: int = SEED) -> Floats:
    """(draws, k): what ``sums`` (people, k) add up to when as many people are drawn."""
    return np.concatenate([weights @ sums for weights in drawn(len(sums), draws, seed)])


def drawn(people: int, draws: int = DRAWS, seed: int = SEED, widest: int = 1) -> Iterator[Floats]:
    """How often each of ``people`` was drawn: (draws, people), in pieces that have room for tables
    as wide as ``widest``."""
    generator = np.random.default_rng(seed)
    at_once = max(1, _CELLS // max(people, widest))
    for begin in range(0, draws, at_once):
        number = min(at_once, draws - begin)
        times = generator.multinomial(people, np.full(people, 1 / people), size=number)
        yield times.astype(np.float64)


def numbered(people: Ints) -> tuple[Ints, int]:
    """The same from 0 without gaps, and how many there are."""
    names, whose = np.unique(people, return_inverse=True)
    return whose.astype(np.int64), len(names)
