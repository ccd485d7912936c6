"""A board's figures as one HTML file that asks for nothing else, and as CSV of the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from lfr_batch.front.governance.counted import (
    ALERTS,
    COUNTS,
    NOT_DECIDED,
    SHARES,
    BoardFigures,
    Stratum,
    as_rows,
)
from lfr_batch.proportion import Proportion
from lfr_batch.results.csv_text import csv_text
from lfr_batch.results.report_page import report_template, save_report

COLUMNS = ("by", "value", "figure", "count", "among", "share", "low", "high", "hidden")
TABLES: Mapping[str, tuple[str, ...]] = {
    "Searches": ("searches", "with_result", "without_result"),
    "Review": ("sightings", *NOT_DECIDED, "decided", "people"),
    "Decisions": ("confirmed", "eliminated", "undecided", "agreed", "disagreed"),
    "Outcomes": tuple(name for name in COUNTS if name.startswith("outcome_")),
}


@dataclass(frozen=True, slots=True)
class BoardPage:
    """What a report is of."""

    begin: datetime
    end: datetime
    """The first moment that is not."""
    case_kind: str | None
    made_at: datetime
    figures: BoardFigures


def write_board(html: Path, csv: Path, page: BoardPage) -> None:
    """Raises StoreFull, StoreUnreachable."""
    save_report(csv, [csv_text([COLUMNS, *as_rows(page.figures)])])
    template = report_template(
        "lfr_batch.front.governance", {"share": share, "interval": interval, "hours": hours}
    )
    save_report(html, template.generate(context_of(page)))


def context_of(page: BoardPage) -> dict[str, Any]:
    """What the template shows, by name."""
    whole, *strata = page.figures.strata
    by = [(name, list(each)) for name, each in groupby(strata, key=lambda s: s.dimension)]
    return {
        "page": page,
        "titles": {**COUNTS, **ALERTS},
        "shares": {name: COUNTS[among].lower() for name, among in SHARES.items()},
        "whole": whole,
        "cells": _by_name(whole),
        "tables": TABLES,
        "dimensions": [(name, _table(each)) for name, each in by],
        "last_day": (page.end - timedelta(days=1)).date(),
    }


def _table(strata: list[Stratum]) -> dict[str, Any]:
    return {
        "strata": strata,
        "rows": {
            name: [_by_name(stratum)[name] for stratum in strata] for name in _by_name(strata[0])
        },
    }


def _by_name(stratum: Stratum) -> dict[str, Any]:
    return {cell.name: cell for cell in stratum.cells}


def share(of: Proportion) -> str:
    return f"{of.share * 100:.1f} %"


def interval(of: Proportion) -> str:
    return f"{of.low * 100:.1f} to {of.high * 100:.1f} %"


def hours(time_h: float | None) -> str:
    """A duration in the unit that people use for it."""
    if time_h is None:
        return "–"
    return f"{time_h:.1f} h" if time_h < 48 else f"{time_h / 24:.1f} days"
