"""The report of an evaluation: one HTML file that may be published. It names and shows nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfr_batch.evaluation.charts import cmc_chart, det_chart, histogram_chart, wider
from lfr_batch.evaluation.comparing import paired, side_by_side
from lfr_batch.evaluation.curves import RULE_OF_THREE
from lfr_batch.evaluation.figures import FEWEST, PROTOCOL, SAID, EvaluationFigures, Figure
from lfr_batch.evaluation.words import (
    GROUP_FIGURES,
    interval,
    number,
    percent,
    ratio,
    ratio_interval,
    summary,
)
from lfr_batch.results.report_page import moment, report_template, save_report

TITLES: Mapping[str, str] = {
    "fpir": "False alarms: FPIR",
    "fnir": "Misses: FNIR, rank 1",
    "fnir_any_rank": "FNIR at any rank above the threshold",
    "misidentified": "Somebody else came first, above the threshold",
    "fnir_with_fte": "FNIR with those who could not be enrolled",
    "fmr": "FMR: comparisons of different people that match",
    "fnmr": "FNMR: comparisons of the same person that do not",
    "fte": "Failure to enrol (FTE), pictures",
    "fte_people": "Failure to enrol, people",
    "fta": "Failure to acquire (FTA), searches",
    "gate_refusal": "Refused by the quality gate",
    "named_by_mistake": "Named by mistake",
    "fnir_at_fpir": "FNIR at FPIR",
}
RATES = (
    "fpir",
    "fnir",
    "fnir_any_rank",
    "misidentified",
    "fnir_with_fte",
    "fmr",
    "fnmr",
    "fte",
    "fte_people",
    "fta",
    "gate_refusal",
)
OF_GROUPS = ("fpir", "named_by_mistake", "fnir", "fte", "fta", "gate_refusal")
CLIPS = ("sighting_found", "sighting_missed", "sighting_false", "sighting_false_per_h")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a report is made of."""

    run: Mapping[str, Any]
    """Its row of ``runs``."""
    figures: EvaluationFigures
    """With how it was decided who is who, and sentences about the labels, as rows of words."""
    before: tuple[Mapping[str, Any], EvaluationFigures] | None = None
    """An evaluation to compare with: its row, and its figures."""


def write_evaluation(out_path: Path, evaluation: Evaluation) -> None:
    """Raises StoreFull, StoreUnreachable."""
    filters: dict[str, Callable[..., Any]] = {
        "percent": percent,
        "interval": interval,
        "ratio": ratio,
        "ratio_interval": ratio_interval,
        "number": number,
        "moment": moment,
    }
    template = report_template("lfr_batch.evaluation", filters)
    save_report(out_path, template.generate(context_of(evaluation)))


def context_of(evaluation: Evaluation) -> dict[str, Any]:
    """What the template shows, by name."""
    figures, before = evaluation.figures, evaluation.before
    other = before[1] if before else None
    return {
        "run": evaluation.run,
        "protocol": " ".join(figures.words(PROTOCOL)),
        "said": figures.words(SAID),
        "summary": tuple(summary(figures)),
        "counts": [f for f in figures.many("count") if f.value],
        "threshold": figures.one("threshold"),
        "target": figures.one("target_fpir"),
        "titles": TITLES,
        "rates": _present(figures, RATES),
        "levels": sorted(figures.many("fnir_at_fpir"), key=lambda f: -(f.point or 0.0)),
        "det": det_chart(figures, other),
        "det_rows": figures.many("det"),
        "cmc": cmc_chart(figures),
        "cmc_rows": figures.many("cmc"),
        "histogram": histogram_chart(figures),
        "histogram_rows": histogram_rows(figures),
        "reasons": {name: figures.many(f"{name}_reason") for name in ("fte", "fta")},
        "groups": [group_table(figures, column) for column in figures.columns()],
        "fewest": FEWEST,
        "rule_of_three": RULE_OF_THREE,
        "clips": _present(figures, CLIPS),
        "errors": _present(figures, ("begin_error_s", "end_error_s")),
        "before": before[0] if before else None,
        "side_by_side": tuple(side_by_side(figures, other)) if other else (),
        "paired": tuple(paired(figures, other)) if other else (),
    }


def _present(figures: EvaluationFigures, names: tuple[str, ...]) -> list[Figure]:
    found = (figures.one(name) for name in names)
    return [figure for figure in found if figure is not None]


def histogram_rows(figures: EvaluationFigures) -> list[tuple[float, float, float]]:
    """Where a class begins, and its share on either side."""
    genuine, impostor = (wider(figures.many(name)) for name in ("genuine", "impostor"))
    begins = sorted({*genuine, *impostor})
    return [(at, genuine.get(at, 0.0), impostor.get(at, 0.0)) for at in begins]


def group_table(figures: EvaluationFigures, column: str) -> dict[str, Any]:
    by_name = {name: figures.many(name, column) for name in OF_GROUPS}
    values = dict.fromkeys(f.group_value for found in by_name.values() for f in found)
    cells = {
        (figure.group_value, name): figure for name, found in by_name.items() for figure in found
    }
    differences = [
        {
            "title": TITLES[name],
            "ratio": _first(figures, f"{name}_ratio", column),
            "difference": _first(figures, f"{name}_difference", column),
            "p": _first(figures, f"{name}_p", column),
            "vanishes": _first(figures, f"{name}_vanishes_from", column),
        }
        for name in GROUP_FIGURES
        if figures.many(f"{name}_p", column)
    ]
    names = [name for name in OF_GROUPS if by_name[name]]
    return {
        "column": column,
        "names": names,
        "rows": [(value, [cells.get((value, name)) for name in names]) for value in values],
        "differences": differences,
    }


def _first(figures: EvaluationFigures, name: str, column: str) -> Figure | None:
    return next(iter(figures.many(name, column)), None)
