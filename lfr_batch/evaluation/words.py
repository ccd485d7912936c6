"""What an evaluation found, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from lfr_batch.evaluation.figures import EvaluationFigures, Figure

GROUP_FIGURES = {
    "fpir": "taken for somebody they are not",
    "fnir": "missed",
    "fte": "not enrolled",
    "fta": "not compared",
    "gate_refusal": "refused by the quality gate",
}
"""EvaluationFigures of groups that are tested, and what happens to people there."""
SIGNIFICANT = 0.05


def percent(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{share * 100:.2g} %" if share < 0.0995 else f"{share * 100:.1f} %"


def interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{percent(figure.low)} to {percent(figure.high)}"


def ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def ratio_interval(figure: Figure) -> str:
    """'2.1 to 5.3'; 'from 2.1 up' where it has no upper end."""
    if figure.low is None:
        return ""
    if figure.high is None:
        return f"from {ratio(figure.low)} up"
    return f"{ratio(figure.low)} to {ratio(figure.high)}"


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def length(hours: float) -> str:
    """Of footage."""
    if hours < 1 / 60:
        return f"{hours * 3600:.0f} s of footage"
    return f"{hours:.1f} hours of footage" if hours >= 1 else f"{hours * 60:.0f} min of footage"


def summary(figures: EvaluationFigures) -> Iterator[str]:
    """Sentences, the most important first."""
    yield from _of_searches(figures)
    yield from _of_acquisition(figures)
    yield from _of_clips(figures)
    yield from _of_groups(figures)


def _of_searches(figures: EvaluationFigures) -> Iterator[str]:
    fpir, fnir = figures.one("fpir"), figures.one("fnir")
    if fpir and fpir.value is not None:
        target = figures.one("target_fpir")
        aim = f" The product aims at {percent(target.value)}." if target else ""
        yield (
            f"Of {number(fpir.among)} searches by people who are not in the gallery, "
            f"{number(fpir.found)} brought up somebody all the same: {_share(fpir)}.{aim}"
        )
    if fnir and fnir.value is not None:
        yield (
            f"Of {number(fnir.among)} searches by people who are in the gallery, "
            f"{number(fnir.found)} did not bring them up first: {_share(fnir)}."
        )


def _share(figure: Figure) -> str:
    ends = interval(figure)
    return f"{percent(figure.value)} (95 % interval {ends})" if ends else percent(figure.value)


def _of_acquisition(figures: EvaluationFigures) -> Iterator[str]:
    fte, fta = figures.one("fte"), figures.one("fta")
    if fte and fte.value is not None:
        yield (
            f"{number(fte.found)} of {number(fte.among)} pictures could not be enrolled: "
            f"{_share(fte)}."
        )
    if fta and fta.value is not None:
        counted = " They count as misses." if fta.found else ""
        yield (
            f"{number(fta.found)} of {number(fta.among)} pictures that were searched could not be "
            f"compared: {_share(fta)}.{counted}"
        )


def _of_clips(figures: EvaluationFigures) -> Iterator[str]:
    found, false = figures.one("sighting_found"), figures.one("sighting_false")
    if found and found.value is not None:
        of = f"{number(found.found)} of {number(found.among)}"
        yield f"In clips {of} labelled sightings were found."
    if false:
        hours = figures.one("footage_h")
        of = f" in {length(hours.value)}" if hours and hours.value else ""
        yield f"{number(false.value)} sightings{of} were of nobody whom the labels see there."


def _of_groups(figures: EvaluationFigures) -> Iterator[str]:
    columns = figures.columns()
    tested = [f for name in GROUP_FIGURES for c in columns for f in figures.many(f"{name}_p", c)]
    if columns and not tested:
        yield (
            "Of no two groups there were enough people to compare them: what this evaluation says "
            "of everybody it says of none of them."
        )
        return
    differing = [f for f in tested if (f.value if f.value is not None else 1.0) < SIGNIFICANT]
    for figure in differing:
        yield _difference(figures, figure)
    if tested and not differing:
        yield (
            "Where groups could be compared, no difference is larger than chance explains; how "
            "large one might be all the same stands in the intervals below."
        )
    known = {figure.figure.removesuffix("_p") for figure in tested}
    unknown = [GROUP_FIGURES[name] for name in ("fpir", "fnir") if name not in known]
    if tested and unknown:
        yield (
            f"Whether groups differ in how often people are {' or '.join(unknown)} is not known: "
            "of no two of them there were enough people."
        )
    if not columns:
        yield "The labels tell no groups apart: for whom it is wrong more often is not known."


def _difference(figures: EvaluationFigures, tested: Figure) -> str:
    name = tested.figure.removesuffix("_p")
    found = figures.many(f"{name}_ratio", tested.group_column)[0]
    return (
        f"By {tested.group_column}, groups differ in how often people are {GROUP_FIGURES[name]}: "
        f"{tested.detail}, {ratio(found.value)} times as often (95 % interval "
        f"{ratio_interval(found)}; p = {tested.value:.3g})."
    )
