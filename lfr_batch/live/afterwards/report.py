"""The report of a deployment, in the form in which forces publish it: HTML, and CSV beside it.

It shows nobody: no picture, no name, no score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from lfr_batch.config.policy import period_in_words
from lfr_batch.errors import ResultsError, UsageError
from lfr_batch.live.afterwards.report_plot import plot
from lfr_batch.live.afterwards.report_seeding import seeding_context, seeding_row
from lfr_batch.live.deployment.composition import Composition
from lfr_batch.live.deployment.figures import (
    AlertFigures,
    Figures,
    arrests,
    cameras_of,
    counts,
    engagements,
    grouped,
    lost_alerts,
)
from lfr_batch.live.deployment.figures_file import load_figures
from lfr_batch.live.deployment.tally import minute_of
from lfr_batch.live.deployment.watchlist_receipt import Receipt
from lfr_batch.live.deployment.window import REASONS
from lfr_batch.live.records import LiveCounts
from lfr_batch.proportion import Proportion, proportion
from lfr_batch.results.answers import rows_of
from lfr_batch.results.csv_text import csv_text
from lfr_batch.results.report_page import clock, moment, report_template, save_report
from lfr_batch.results.run_state import not_found
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.status import shown_status
from lfr_batch.results.stored_run import StoredRun

_RUN = "SELECT * FROM runs WHERE run_id = $run_id AND kind = 'live'"
_ALERTS = """
SELECT a.camera_id AS camera, a.raised_at, r.verdict, r.outcome
FROM (SELECT alert_id, camera_id, raised_at FROM alerts
  WHERE run_id = $run_id AND volunteer IS NOT TRUE) a
LEFT JOIN (
  SELECT alert_id, verdict, outcome FROM reviews WHERE run_id = $run_id
  QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY decided_at DESC, review_id DESC) = 1
) r USING (alert_id)
"""

_BY_CAMERA = ("faces_seen", "alerts", "decided", "true_alerts", "false_alerts", "unconfirmed")


def write_live_report(
    lake: Lake,
    deployment: StoredRun,
    out_path: Path,
    receipt: Receipt | None = None,
) -> Path:
    """Write the report and, beside it, its figures as CSV, whose path is the answer.

    ``lake`` is of ``open_lake`` on the same root; ``receipt``, of the deployment's watchlist,
    where it is at hand. Raises RunNotFound, UsageError if both would be one file, ResultsError
    where the deployment's figures are gone, StoreFull or StoreUnreachable if a file cannot be
    written.
    """
    rows = rows_of(run_query(lake, _RUN, {"run_id": deployment.run_id}))
    if not rows:
        raise not_found(deployment)
    run = {**rows[0], "status": shown_status(deployment, rows[0]["status"])}
    figures = _with_receipt(current_figures(lake, deployment), receipt)
    csv_path = out_path.with_suffix(".csv")
    if csv_path == out_path:
        raise UsageError(f"{out_path} is where the figures go: name the HTML file with --out")
    save_report(csv_path, [as_csv(figures, run["status"])])
    filters: dict[str, Callable[..., Any]] = {"clock": clock, "moment": moment, "share": share}
    filters |= {"interval": interval, "percent": percent, "part": part, "in_words": period_in_words}
    template = report_template("lfr_batch.live.afterwards", filters)
    save_report(out_path, template.generate(report_context(figures, run)))
    return csv_path


def current_figures(lake: Lake, deployment: StoredRun) -> Figures:
    """As they were written down; where the lake knows of as many alerts, with their decisions as
    they are now. Alerts that retention has deleted stay counted. Raises ResultsError.
    """
    kept = load_figures(deployment)
    if kept is None:
        raise ResultsError(
            f"the figures of deployment {deployment.run_id} are not in {deployment.store.uri}; "
            f"restore {deployment.state()} from a copy"
        )
    rows = rows_of(run_query(lake, _ALERTS, {"run_id": deployment.run_id}))
    if len(rows) < kept.alerts_in_all:
        return kept
    return kept.model_copy(update={"alerts": _alerts(rows, kept.record.started_at)})


def as_csv(figures: Figures, status: str) -> str:
    """Names of the columns, and one row."""
    row = csv_row(figures, status)
    return csv_text([row, row.values()])


def csv_row(figures: Figures, status: str) -> dict[str, Any]:
    record = figures.record
    return {
        "deployment_id": record.deployment_id,
        "name": figures.name,
        "rehearsal": "yes" if record.rehearsal else "no",
        "status": status,
        "place": record.place,
        "case": record.case_ref,
        "purpose": record.purpose,
        "authorising_officer": record.authorising_officer,
        "authority": record.authority,
        "window_starts_at": _iso(figures.window_starts_at),
        "window_ends_at": _iso(figures.window_ends_at),
        "started_at": _iso(record.started_at),
        "watching_since": _iso(figures.watching_since),
        "ended_at": _iso(figures.ended_at),
        "ended_because": REASONS[figures.reason] if figures.reason else None,
        "cameras": len(record.cameras),
        "watchlist_size": record.watchlist_size,
        **_watchlist_row(figures.watchlist),
        "watchlist_destroyed_at": _iso(figures.watchlist_gone_at),
        "model_pack": record.pack_id,
        "threshold": round(record.threshold, 4),
        "score_kind": record.score_kind,
        "target_false_alert_rate_per_face": record.target_fpir,
        "threshold_beyond_calibration": "yes" if figures.extrapolated else "no",
        **_counts_row(counts(figures)),
        **_rates_row(counts(figures)),
        **_by_camera(figures),
        **seeding_row(figures.seeding),
        "counted": "at least" if figures.at_least else "exactly",
        "alerts_not_kept": figures.unkept,
        "restarts": _restarts(figures),
        "without_picture_s_by_camera": _joined((c.camera, c.down_s) for c in figures.cameras),
        "not_looked_at_s_by_camera": _joined((c.camera, c.blind_s) for c in figures.cameras),
    }


def report_context(figures: Figures, run: dict[str, Any]) -> dict[str, Any]:
    """What the template shows, by name."""
    return {
        "f": figures,
        "record": figures.record,
        "run": run,
        "why": REASONS[figures.reason] if figures.reason else "",
        "total": _shown(counts(figures)),
        "by_camera": [(c, _shown(counts(figures, c))) for c in cameras_of(figures)],
        "plot": plot(figures),
        "restarts": _restarts(figures),
        "at_least": figures.at_least and run["status"] != "running",
        "lost": _lost(figures, run["status"]),
        "s": seeding_context(figures.seeding),
        "threshold": figures.record.threshold,
    }


def _lost(figures: Figures, status: str) -> str:
    if not figures.unkept:
        return ""
    if status == "running":
        return f"The disk has had no room so far for {figures.unkept} alerts that are shown."
    return lost_alerts(figures.unkept)


def share(value: float | None) -> str:
    """A rate as a percentage, and as one in so many."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    return f"{value * 100:.3g} % (1 in {1 / value:,.0f})"


def part(number: int, of: int) -> str:
    """Of a whole that is known, so that there is nothing to be unsure of."""
    return f"{number / of * 100:.3g} %" if of else "–"


def percent(value: float) -> str:
    return f"{value * 100:.3g} %"


def interval(rate: Proportion) -> str:
    """Between which percentages it lies."""
    return f"{rate.low * 100:.3g} % to {rate.high * 100:.3g} %"


def _with_receipt(figures: Figures, receipt: Receipt | None) -> Figures:
    """A watchlist that was left behind is destroyed after the last figures were written."""
    if receipt is None or not receipt.verified_gone:
        return figures
    return figures.model_copy(update={"watchlist_gone_at": receipt.at})


def _alerts(rows: Sequence[dict[str, Any]], started_at: datetime) -> tuple[AlertFigures, ...]:
    return grouped(
        AlertFigures(
            camera=row["camera"],
            minute=minute_of(row["raised_at"], started_at),
            verdict=row["verdict"],
            outcome=row["outcome"],
        )
        for row in rows
    )


def _counts_row(counted: LiveCounts) -> dict[str, Any]:
    return {
        "faces_seen": counted.faces_seen,
        "alerts": counted.alerts,
        "decided": counted.decided,
        "true_alerts": counted.true_alerts,
        "false_alerts": counted.false_alerts,
        "unconfirmed": counted.unconfirmed,
        "engagements": engagements(counted),
        "arrests": arrests(counted),
        "no_action": counted.outcomes.get("no_action", 0),
    }


def _rates(counted: LiveCounts) -> dict[str, Proportion | None]:
    """A rate is None unless every alert was decided: it would say of the others that they were
    right. How many were decided stands beside it always. And it is None of no faces, or alerts.
    """
    known, false = counted.decided == counted.alerts, counted.false_alerts
    return {
        "false_alerts_per_face_seen": proportion(false, counted.faces_seen) if known else None,
        "false_alerts_per_alert": proportion(false, counted.alerts) if known else None,
    }


def _rates_row(counted: LiveCounts) -> dict[str, float | None]:
    return {
        f"{name}{which}": getattr(rate, of) if rate else None
        for name, rate in _rates(counted).items()
        for which, of in (("", "share"), ("_95_low", "low"), ("_95_high", "high"))
    }


def _shown(counted: LiveCounts) -> dict[str, Any]:
    return {**_counts_row(counted), **_rates(counted)}


def _watchlist_row(listed: Composition | None) -> dict[str, Any]:
    """What the entries say of themselves; empty where none says anything."""
    told = listed if listed and listed.stated else None
    since = listed.changes if listed and listed.changes and listed.changes.known else None
    return {
        "watchlist_by_category": _joined(told.categories.items()) if told else None,
        "watchlist_by_source": _joined(told.sources.items()) if told else None,
        "watchlist_by_age": _joined(told.ages.items()) if told else None,
        "watchlist_reviewed": told.reviewed if told else None,
        "watchlist_reviewed_within": told.reviewed_within if told else None,
        "watchlist_compared_with": since.deployment_id if since else None,
        "watchlist_new": since.new if since else None,
        "watchlist_gone": since.gone if since else None,
        "watchlist_other_pictures": since.pictures if since else None,
        "watchlist_other_attributes": since.attributes if since else None,
    }


def _by_camera(figures: Figures) -> dict[str, str]:
    counted = {camera: _counts_row(counts(figures, camera)) for camera in cameras_of(figures)}
    return {
        f"{name}_by_camera": _joined((camera, row[name]) for camera, row in counted.items())
        for name in _BY_CAMERA
    }


def _joined(pairs: Iterable[tuple[str, object]]) -> str:
    return "; ".join(f"{name}={value}" for name, value in pairs)


def _restarts(figures: Figures) -> str:
    return _joined(sorted(figures.restarts.items()))


def _iso(time: datetime | None) -> str | None:
    return time.isoformat(timespec="seconds") if time else None
