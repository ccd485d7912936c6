"""The figures of a period, written for a board."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lfr_batch.casework.case_files import case_files
from lfr_batch.casework.cases import cases_of
from lfr_batch.casework.decisions import Decisions
from lfr_batch.errors import UsageError
from lfr_batch.evaluation.groups import NOT_STATED
from lfr_batch.front.clocks import act_on_clocks
from lfr_batch.front.governance.counted import BoardFigures, CaseKinds, board_figures
from lfr_batch.front.governance.facts import board_facts
from lfr_batch.front.governance.known import BoardFacts
from lfr_batch.front.governance.page import BoardPage, write_board
from lfr_batch.front.opening import Opener
from lfr_batch.front.settings import Settings
from lfr_batch.oversight.house import policy_of
from lfr_batch.results.lake import open_lake
from lfr_batch.results.report_page import require_place
from lfr_batch.results.store import open_store


@dataclass(frozen=True, slots=True)
class BoardOrder:
    """Both days are part of the period, UTC."""

    first: date
    last: date
    case_kind: str | None = None
    groups: tuple[str, ...] = ()
    """Columns of the galleries' tables."""
    html: Path | None = None
    csv: Path | None = None


@dataclass(frozen=True, slots=True)
class WrittenBoard:
    html: Path
    csv: Path
    figures: BoardFigures


def kinds_in(settings: Settings) -> CaseKinds:
    """Kind of use and harm of each case that was opened. Raises ConfigError, StoreError."""
    found = cases_of(case_files(*settings.home_and_s3()))
    return {case.case_ref: (case.kind_of_use, case.harm) for case in found}


def governance_report(
    order: BoardOrder, settings: Settings, opener: Opener, kinds: CaseKinds
) -> WrittenBoard:
    """Write it, as HTML and as CSV. ``kinds``: kind of use and harm of each case that has them.

    Raises UsageError for a period that ends before it begins, a column that no gallery has and two
    files of one name; ConfigError, ResultsError, StoreFull, StoreUnreachable.
    """
    if order.last < order.first:
        raise UsageError(f"--to {order.last} is before --from {order.first}: swap them.")
    html = (order.html or Path(f"governance-{order.first}-{order.last}.html")).absolute()
    csv = (order.csv or html.with_suffix(".csv")).absolute()
    if csv == html:
        raise UsageError(f"{html} would be both: name the page with --out, the figures with --csv.")
    for place in (html, csv):
        require_place(place)
    begin, end = _midnight(order.first), _midnight(order.last + timedelta(days=1))
    act_on_clocks(settings, opener.by)
    facts = _facts(settings, begin, end)
    _require_columns(facts, order.groups)
    _require_kind(order.case_kind, kinds)
    fewest = policy_of(*settings.home_and_s3()).governance.fewest
    figures = board_figures(facts, kinds, fewest, order.case_kind, order.groups)
    opener.opens(f"figures for a board, to {html}", None)
    page = BoardPage(begin, end, order.case_kind, datetime.now(UTC), figures)
    write_board(html, csv, page)
    return WrittenBoard(html, csv, figures)


def _facts(settings: Settings, begin: datetime, end: datetime) -> BoardFacts:
    decisions = Decisions(open_store(*settings.results_place()), *settings.home_and_s3())
    with closing(open_lake(*settings.results_place())) as lake:
        return board_facts(lake, decisions.at_once(), begin, end)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _require_kind(kind: str | None, kinds: CaseKinds) -> None:
    """Nothing of a kind that no case has would read as "nothing was searched"."""
    there = sorted({NOT_STATED, *(of_case for of_case, _ in kinds.values())})
    if kind is not None and kind not in there:
        raise UsageError(f"No case is of the kind {kind!r} (there is: {', '.join(there)}).")


def _require_columns(facts: BoardFacts, columns: Sequence[str]) -> None:
    there = sorted({name for sighting in facts.sightings for name in sighting.attributes})
    for column in columns:
        if facts.sightings and column not in there:
            raise UsageError(
                f"No gallery's table has a column {column!r} in this period (there is: "
                f"{', '.join(there) or 'none'}); mend --group."
            )
