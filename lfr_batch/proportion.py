"""A share that was counted, k of n, and how sure that makes anybody of it. Pure.

The interval is the exact one of C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial
limits illustrated in the case of the binomial", Biometrika 26 (1934), 404-413, with the quantiles
of the beta distribution as in R. G. Newcombe, "Two-sided confidence intervals for the single
proportion: comparison of seven methods", Statistics in Medicine 17 (1998), 857-872. It holds the
true share in at least 95 of 100 such counts, however rare what is counted is, where Wilson's holds
it in about 95: published rates of false alerts are of very few among very many.

Not done: what is counted is taken to be independent. Where one person is counted several times,
less is known than an interval says.
"""

from __future__ import annotations

from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Proportion:
    """``count`` of ``among``; ``low`` and ``high`` are the ends of its interval, all 0 to 1."""

    count: int
    among: int
    share: float
    low: float
    high: float


def proportion(count: int, among: int) -> Proportion | None:
    """None where nothing was counted, or more were found than were counted to be there."""
    if not 0 <= count <= among or among == 0:
        return None
    return Proportion(count, among, count / among, *clopper_pearson(count, among))


def clopper_pearson(count: int, among: int) -> tuple[float, float]:
    """Both ends of the interval of ``count`` (0 to ``among``) of ``among`` (1 and more)."""
    from scipy.special import betaincinv  # noqa: PLC0415 - reports alone need it

    tail = (1 - CONFIDENCE) / 2
    low = float(betaincinv(count, among - count + 1, tail)) if count else 0.0
    high = float(betaincinv(count + 1, among - count, 1 - tail)) if count < among else 1.0
    return low, high
