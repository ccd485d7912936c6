"""The figures of everybody together. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from lfr_batch.evaluation import measured as m
from lfr_batch.evaluation.curves import (
    LEVELS,
    NOBODY,
    Point,
    can_measure,
    curve_levels,
    found_by_rank,
    needed_for,
    points,
)
from lfr_batch.evaluation.figures import Figure, of_rate
from lfr_batch.evaluation.intervals import (
    MeasuredRate,
    ends_of_share,
    numbered,
    rate_of,
    sums_by,
)
from lfr_batch.evaluation.measured import Measured
from lfr_batch.evaluation.outcomes import (
    BIN_WIDTH,
    LOWEST,
    Counts,
    SearchedPicture,
    counted_in_bins,
)

RANKS = 20
FEWEST_FOR_CURVE = 10
"""Searches by people who are not enrolled: of fewer a curve would be a point or two."""


def whole(measured: Measured) -> Iterator[Figure]:
    """Everything but groups, clips and single pictures."""
    yield from _sizes(measured)
    yield from _acquisition(measured)
    if measured.mated and measured.unknown:
        yield from _at_threshold(measured)
        yield from _at_levels(measured)
        yield from _curve(measured)
        yield from _ranks(measured)
        yield from _pairs(measured)


def _sizes(measured: Measured) -> Iterator[Figure]:
    unknown, mated = measured.unknown, measured.mated
    undecided = len(measured.searched) - len(measured.judged)
    unsearchable = sum(s.is_mated for s in measured.judged) - len(mated)
    counted = {
        "gallery subjects": measured.subjects,
        "gallery templates": measured.templates,
        "mated searches": len(mated),
        "mated people": len({s.person for s in mated}),
        "non-mated searches": len(unknown),
        "non-mated people": len({s.person for s in unknown}),
        "pictures with several faces of like size, left out": undecided,
        "searches by people who could not be enrolled, left out": unsearchable,
        "pictures given twice, left out": measured.repeated,
    }
    for name, number in counted.items():
        yield Figure("count", float(number), found=number, detail=name)
    yield Figure("threshold", measured.threshold, threshold=measured.threshold)
    if measured.target_fpir is not None:
        yield Figure("target_fpir", measured.target_fpir)


def _acquisition(measured: Measured) -> Iterator[Figure]:
    enrolled, searched = measured.enrolled, measured.judged
    failed = np.array([not each.is_enrolled for each in enrolled])
    yield of_rate("fte", rate_of(failed, m.people_of(enrolled)))
    people = {each.person: each.is_enrolled for each in sorted(enrolled, key=_worst_first)}
    nobody = np.array([not is_enrolled for is_enrolled in people.values()])
    yield of_rate("fte_people", rate_of(nobody, m.numbers(people)))
    yield from _reasons("fte_reason", [e.reason for e in enrolled if not e.is_enrolled], enrolled)
    yield of_rate("fta", rate_of(m.not_acquired(searched), m.people_of(searched)))
    yield of_rate("gate_refusal", rate_of(m.refused(searched), m.people_of(searched)))
    why = [s.outcome.reason or s.outcome.state for s in searched if s.outcome.scores is None]
    yield from _reasons("fta_reason", why, searched)


def _worst_first(picture: object) -> bool:
    """Of a subject with several pictures one that was enrolled has the last word."""
    return bool(getattr(picture, "is_enrolled", False))


def _reasons(figure: str, reasons: Sequence[str], among: Sequence[object]) -> Iterator[Figure]:
    for reason, number in sorted(Counter(reasons).items(), key=lambda item: (-item[1], item[0])):
        share = number / len(among)
        yield Figure(figure, share, found=number, among=len(among), detail=reason)


def _at_threshold(measured: Measured) -> Iterator[Figure]:
    threshold = measured.threshold
    mated, unknown = measured.mated, measured.unknown
    people_m, people_u = m.people_of(mated), m.people_of(unknown)
    false, miss = m.false_alarms(measured, threshold), m.missed(measured, threshold)
    yield of_rate("fpir", rate_of(false, people_u), threshold=threshold)
    yield of_rate("fnir", rate_of(miss, people_m), threshold=threshold)
    own = np.array([_own_or_nobody(each) for each in mated])
    yield of_rate("fnir_any_rank", rate_of(own < threshold, people_m), threshold=threshold)
    wrong = np.array([_is_wrong(each, threshold) for each in mated])
    yield of_rate("misidentified", rate_of(wrong, people_m), threshold=threshold)
    everybody = [s for s in measured.judged if s.is_mated]
    lost = m.first_scores(everybody) < threshold
    rate = rate_of(lost, m.people_of(everybody))
    yield of_rate("fnir_with_fte", rate, threshold=threshold)


def _own_or_nobody(picture: SearchedPicture) -> float:
    scores = picture.outcome.scores
    if scores is None or scores.own is None:
        return NOBODY
    return scores.own - picture.outcome.stricter_by


def _is_wrong(picture: SearchedPicture, threshold: float) -> bool:
    """Whether somebody else comes first, and reaches the threshold."""
    scores = picture.outcome.scores
    if scores is None or scores.other is None or scores.own_rank == 1:
        return False
    return scores.other - picture.outcome.stricter_by >= threshold


def _at_levels(measured: Measured) -> Iterator[Figure]:
    mated, unknown = m.searches_mated(measured), m.searches_unknown(measured)
    can = [level for level in LEVELS if can_measure(level, len(unknown))]
    for point in points(mated, unknown, can) if can else ():
        yield Figure(
            "fnir_at_fpir",
            point.fnir,
            point.low,
            point.high,
            point.missed,
            len(mated),
            len(set(mated.people.tolist())),
            _stated(point),
            point.fpir,
            method=point.method,
        )
    for level in LEVELS:
        if level not in can:
            said = (
                f"{needed_for(level):,} searches by people who are not enrolled are needed, and "
                f"there are {len(unknown):,}"
            )
            yield Figure("fnir_at_fpir", point=level, among=len(mated), detail=said)


def _curve(measured: Measured) -> Iterator[Figure]:
    mated, unknown = m.searches_mated(measured), m.searches_unknown(measured)
    levels = curve_levels(len(unknown)) if len(unknown) >= FEWEST_FOR_CURVE else ()
    for point in points(mated, unknown, levels) if levels else ():
        yield Figure(
            "det",
            point.fnir,
            point.low,
            point.high,
            threshold=_stated(point),
            point=point.fpir,
            among=len(mated),
            method=point.method,
        )


def _stated(point: Point) -> float | None:
    """None where any would do, since no non-mated search could be compared."""
    return None if point.threshold == NOBODY else point.threshold


def _ranks(measured: Measured) -> Iterator[Figure]:
    ranks, people = m.ranks(measured.mated), m.people_of(measured.mated)
    most = min(RANKS, measured.subjects)
    for rank, share in enumerate(found_by_rank(ranks, most), start=1):
        rate = rate_of((ranks > 0) & (ranks <= rank), people)
        assert rate is None or abs(rate.value - share) < 1e-12
        yield of_rate("cmc", rate, point=float(rank))


def _pairs(measured: Measured) -> Iterator[Figure]:
    """Each search against each enrolled person is a comparison of two people."""
    compared = [s for s in (*measured.mated, *measured.unknown) if s.outcome.scores]
    own = m.own_scores(measured.mated)
    with_own = [s for s in measured.mated if s.outcome.scores]
    miss = rate_of(own < measured.threshold, m.people_of(with_own))
    yield of_rate("fnmr", miss, threshold=measured.threshold)
    yield _fmr(compared, measured.threshold)
    yield from _histogram("genuine", counted_in_bins(own))
    if compared:
        others = [s.outcome.scores.others for s in compared if s.outcome.scores]
        yield from _histogram("impostor", np.sum(others, axis=0))


def _fmr(compared: Sequence[SearchedPicture], threshold: float) -> Figure:
    """Without a value where nobody was compared with anybody else."""
    with_others = [s for s in compared if s.outcome.scores and s.outcome.scores.others.sum()]
    scores = [s.outcome.scores for s in with_others if s.outcome.scores]
    if not scores:
        return of_rate("fmr", None, threshold=threshold)
    over = np.array([each.others_over for each in scores], np.float64)
    of = np.array([each.others.sum() for each in scores], np.float64)
    whose, count = numbered(m.people_of(with_others))
    found, among = int(over.sum()), int(of.sum())
    low, high, method = ends_of_share(sums_by(whose, count, over, of))
    rate = MeasuredRate(found, among, count, found / among, low, high, method)
    return of_rate("fmr", rate, threshold=threshold)


def _histogram(figure: str, counts: Counts) -> Iterator[Figure]:
    total = int(counts.sum())
    for number in np.flatnonzero(counts):
        count = int(counts[number])
        begins = round(LOWEST + int(number) * BIN_WIDTH, 6)
        yield Figure(figure, count / total, found=count, among=total, point=begins)
