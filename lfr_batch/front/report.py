"""Reports as they are asked for: of a run, a case or a person, noted where they went."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lfr_batch.errors import GalleryError, StoreError, UsageError
from lfr_batch.front.clocks import act_on_clocks
from lfr_batch.front.opening import Opener, opener_of
from lfr_batch.front.settings import Settings
from lfr_batch.homes.at_hand import folder_here, snapshot_at_hand
from lfr_batch.results.copies import copy_of, note_copy
from lfr_batch.results.evaluations import read_figures, row_of_evaluation, which_evaluation
from lfr_batch.results.lake import open_lake
from lfr_batch.results.report import Report, make_report, write_page
from lfr_batch.results.report_page import require_place
from lfr_batch.results.report_rows import ReportScope
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.which_run import which_run
from lfr_batch.results.withholding import require_shown
from lfr_batch.storage.store import Store

Say = Callable[[str], None]

_CASES = "SELECT run_id, case_ref FROM runs WHERE list_contains($run_ids, run_id)"


@dataclass(frozen=True, slots=True)
class WrittenReport:
    path: Path
    """From the root of this machine."""
    run_ids: tuple[str, ...]
    """Of which it tells; none of a deployment or an evaluation, whose report shows nobody."""
    notes: tuple[str, ...]
    """What was not searched, a sentence each: nobody can be ruled out there."""


def report(
    out: str | Path | None = None,
    *,
    run: str | None = None,
    case: str | None = None,
    subject: str | None = None,
    why: str | None = None,
    settings: Settings | None = None,
) -> WrittenReport:
    """Write the report of a run, of every run of a case, or of a person in either or in all runs.

    One HTML file with the pictures, ``report-….html`` in the working directory unless ``out`` says
    otherwise. That it was written, and where, is noted with the run (``results/copies.py``), for a
    later forgetting, and in the audit log, with ``why``. Of a deployment: its figures, and beside
    it as CSV. Of an evaluation: the page that it wrote, without a comparison.

    Raises AuthorityError where the policy asks why and nobody says, UsageError if nothing is named,
    RunNotFound, QueryError for a case without a run and for a person who was never seen, StoreFull
    or StoreUnreachable if it cannot be written.
    """
    where, settings = Path(out) if out is not None else None, settings or Settings()
    opener = opener_of(settings, "report", why)
    return write_report(where, run, case, subject, settings, _nobody_listens, opener)


def _nobody_listens(_: str) -> None:
    """What is said is in ``notes``, or in the page."""


def write_report(
    out: Path | None,
    run_id: str | None,
    case_ref: str | None,
    subject_id: str | None,
    settings: Settings,
    say: Say,
    opener: Opener | None = None,
) -> WrittenReport:
    """The same; what was not searched, and pictures that are missing, are said meanwhile."""
    opener = opener or opener_of(settings, "report")
    if (run_id, case_ref, subject_id) == (None, None, None):
        raise UsageError("A report of what? Name a run (`lfr runs`), or give --case or --subject.")
    root, s3 = settings.results_place()
    store = open_store(root, s3)
    act_on_clocks(settings)
    run_id = None if run_id is None else which_run(store, run_id)
    if run_id is not None:
        require_shown(StoredRun(store, run_id))
    asked = ReportScope(run_id, case_ref, subject_id)
    path = (out or Path(default_name(asked))).absolute()
    require_place(path)
    lake = open_lake(root, s3, run_id)
    try:
        kind = None if run_id is None else _kind(lake, run_id)
        if run_id is not None and kind == "evaluation":
            return _of_evaluation(lake, which_evaluation(lake, run_id), path)
        if run_id is not None and kind == "live":
            opener.opens(f"its figures, to {path}", _cases(lake, (run_id,)))
            return _of_deployment(lake, StoredRun(store, run_id), path, settings, say)
        made = make_report(lake, store, asked, partial(_enrolled, settings, say))
        opener.opens(_what(made, asked, path), _cases(lake, made.run_ids))
    finally:
        lake.close()
    mark = secrets.token_hex(16)
    _note(store, made, path, opener.by, asked, say, mark)
    write_page(made, path, mark)
    for note in made.notes[:_SAID]:
        say(note)
    if len(made.notes) > _SAID:
        say(f"… and {len(made.notes) - _SAID} more runs; the report has them all")
    return WrittenReport(path, made.run_ids, made.notes)


_SAID = 20


def default_name(asked: ReportScope) -> str:
    """``report-RUN.html``, ``report-CASE-SUBJECT.html``: as file systems take it."""
    named = filter(None, (asked.run_id or asked.case_ref, asked.subject_id))
    plain = (re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] for name in named)
    return f"report-{'-'.join(plain)}.html"


def _what(made: Report, asked: ReportScope, path: Path) -> str:
    """What somebody is about to look at."""
    of_subject = f" of {asked.subject_id}" if asked.subject_id else ""
    return f"{made.sightings} sightings{of_subject}, to {path}"


def _cases(lake: Lake, run_ids: Sequence[str]) -> Mapping[str, str | None]:
    found = run_query(lake, _CASES, {"run_ids": list(run_ids)}).to_pylist()
    return {run["run_id"]: run["case_ref"] for run in found}


def _note(
    store: Store, made: Report, path: Path, by: str, asked: ReportScope, say: Say, mark: str
) -> None:
    """Before it is there. A lake that is only read here has its reports, too, but cannot know."""
    copy = copy_of(
        "report", str(path), by, made.run_ids, made.sightings, case_ref=asked.case_ref,
        shows_subjects=made.sightings > 0, mark=mark,
    )  # fmt: skip
    try:
        note_copy(store, copy)
    except StoreError as error:
        say(f"Nothing notes where this report lies, so `lfr forget` will not find it: {error}")


def _of_deployment(
    lake: Lake, run: StoredRun, path: Path, settings: Settings, say: Say
) -> WrittenReport:
    from lfr_batch.live.afterwards.report import write_live_report  # noqa: PLC0415
    from lfr_batch.live.deployment.folders import deployment_folder  # noqa: PLC0415
    from lfr_batch.live.deployment.watchlist_receipt import load_receipt  # noqa: PLC0415

    folder = deployment_folder(folder_here(settings.home_place), run.run_id)
    csv_path = write_live_report(lake, run, path, load_receipt(folder))
    say(f"its figures: {csv_path.absolute()}")
    return WrittenReport(path, (), ())


def _of_evaluation(lake: Lake, run_id: str, path: Path) -> WrittenReport:
    """As `lfr evaluate` has written it, but for what it was compared with. It shows nobody."""
    from lfr_batch.evaluation.figures import of_rows  # noqa: PLC0415 - slow imports
    from lfr_batch.evaluation.page import Evaluation, write_evaluation  # noqa: PLC0415

    figures = of_rows(read_figures(lake, run_id))
    write_evaluation(path, Evaluation(row_of_evaluation(lake, run_id), figures))
    return WrittenReport(path, (), ())


def _kind(lake: Lake, run_id: str) -> str | None:
    """None for a run that is not there."""
    found = run_query(lake, "SELECT kind FROM runs WHERE run_id = $id", {"id": run_id})
    kinds: list[str] = found.column(0).to_pylist()
    return kinds[0] if kinds else None


def _enrolled(
    settings: Settings, say: Say, gallery: str, snapshot_id: str, image_ids: Sequence[str]
) -> Mapping[str, bytes]:
    """The enrolled pictures beside which evidence is shown; none if the snapshot is gone."""
    from lfr_batch.gallery.store import load_snapshot, read_thumbnails  # noqa: PLC0415

    home, s3 = settings.home_and_s3()
    try:
        folder = snapshot_at_hand(home, gallery, snapshot_id, s3)
        return read_thumbnails(load_snapshot(folder, gallery, snapshot_id), image_ids)
    except (GalleryError, StoreError) as error:
        say(f"The report lacks enrolled pictures: {error}")
        return {}
