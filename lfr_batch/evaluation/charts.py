"""The charts of an evaluation, of its figures. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from lfr_batch.evaluation.figures import EvaluationFigures, Figure
from lfr_batch.evaluation.plots import Chart, chart, even_axis, log_axis, percents, stairs

WIDER = 0.02
"""Classes of scores in the chart; those that are kept are finer."""
ROOM = 1.5
"""By so much a logarithmic axis goes on beyond what would stand at its edge."""
FPIR_LEAST, FNIR_LEAST, SHARE_LEAST = 1e-4, 1e-3, 1e-5


def det_chart(figures: EvaluationFigures, other: EvaluationFigures | None = None) -> Chart | None:
    """Misses against false alarms; ``other``: those of an earlier evaluation, too."""
    own = figures.many("det")
    if not own:
        return None
    sides = [("own", "this evaluation", own)]
    sides += [("other", "the earlier one", other.many("det"))] if other else []
    rules = _rules(figures)
    least_x = max(FPIR_LEAST, min(f.point or 1.0 for _, _, curve in sides for f in curve))
    least_x = min([least_x, *(at / ROOM for at, _ in rules)])
    least_y = max(FNIR_LEAST, _least(curve for _, _, curve in sides))
    return chart(
        "Misses against false alarms at every threshold (DET)",
        log_axis("False alarms: FPIR", least_x, 1.0),
        log_axis("Misses: FNIR, rank 1", least_y, 1.0),
        [(kind, name, [(f.point or 0.0, f.value or 0.0) for f in c]) for kind, name, c in sides],
        [("band", "95 % interval", [(f.point or 0.0, f.low or 0.0, f.high or 0.0) for f in own])],
        rules,
    )


def _least(curves: Iterable[Sequence[Figure]]) -> float:
    """A little below the least that is not 0."""
    lows = [f.low for curve in curves for f in curve if f.low]
    return min(lows, default=0.02) / ROOM


def _rules(figures: EvaluationFigures) -> list[tuple[float, str]]:
    fpir = figures.one("fpir")
    return [(fpir.value, "the product's threshold")] if fpir and fpir.value else []


def cmc_chart(figures: EvaluationFigures) -> Chart | None:
    own = figures.many("cmc")
    if len(own) < 2:
        return None
    least = min(f.low or 0.0 for f in own)
    lowest = max(0.0, min(least, 0.98) // 0.05 * 0.05)
    return chart(
        "How often somebody who is enrolled is among the first so many (CMC)",
        even_axis("Rank", 1.0, float(len(own)), lambda rank: f"{rank:g}"),
        even_axis("Found, at any score", lowest, 1.0, percents),
        [("own", "found", [(f.point or 0.0, f.value or 0.0) for f in own])],
        [("band", "95 % interval", [(f.point or 0.0, f.low or 0.0, f.high or 0.0) for f in own])],
    )


def histogram_chart(figures: EvaluationFigures) -> Chart | None:
    genuine, impostor = (wider(figures.many(name)) for name in ("genuine", "impostor"))
    if not genuine or not impostor:
        return None
    threshold = figures.one("threshold")
    rules = [(threshold.value, "threshold")] if threshold and threshold.value else []
    begins = [*genuine, *impostor, *(at for at, _ in rules)]
    return chart(
        "Scores of the same person, and of different people",
        even_axis("Score", min(begins), max(begins) + WIDER, lambda score: f"{score:.2g}"),
        log_axis("Share of comparisons", SHARE_LEAST, 1.0),
        [
            ("own", "the same person", stairs([*genuine], [*genuine.values()], WIDER)),
            ("other", "different people", stairs([*impostor], [*impostor.values()], WIDER)),
        ],
        rules=rules,
    )


def wider(classes: Sequence[Figure]) -> dict[float, float]:
    """The share of each wider class, by where it begins."""
    shares: defaultdict[float, float] = defaultdict(float)
    for each in classes:
        number = int((each.point or 0.0) / WIDER + 1000 + 1e-6) - 1000
        shares[round(number * WIDER, 6)] += each.value or 0.0
    return dict(sorted(shares.items()))
