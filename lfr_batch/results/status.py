"""What ``lfr runs`` and ``lfr status`` show."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from lfr_batch.errors import RunNotFound
from lfr_batch.records import AssetStatus, FootageAsset, Segment, SegmentOutcome
from lfr_batch.results import rollup, searched
from lfr_batch.results.answers import rows_of
from lfr_batch.results.ledger import read_outcomes
from lfr_batch.results.lock import is_locked
from lfr_batch.results.probed import count_probed
from lfr_batch.results.progress import RunProgress, summarise
from lfr_batch.results.rows import row_of
from lfr_batch.results.run_log import UNDER_WAY, WITHHELD, latest_row
from lfr_batch.results.run_state import (
    RunRequest,
    is_planned,
    load_run,
    planned_by,
    read_catalogue,
    read_plan,
)
from lfr_batch.results.run_views import FINISHED
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store

INTERRUPTED = "interrupted"
MAY_BE_UNPLANNED = frozenset({"planning", "failed", "cancelled"})
"""Recorded statuses of a run that may have no plan yet."""

_RUNS = """
SELECT run_id, kind, status, started_at, finished_at, case_ref, gallery, computed_on, footage,
  footage_partly, footage_damaged, footage_failed, segments_planned, segments_done,
  segments_failed, segments_quarantined, sightings, media_s, error, gaps
FROM runs ORDER BY started_at DESC, run_id DESC
"""


@dataclass(frozen=True, slots=True)
class FileState:
    """What is known of a file that was not searched whole."""

    uri: str
    status: AssetStatus
    unsearched_share: float | None
    """None: not known."""
    error: str | None
    """What is wrong, or was not looked at."""
    part: str = ""
    """Which stream and recording of its file, where it has several."""

    @property
    def sentence(self) -> str:
        """Which file, which part of it, and why."""
        why = self.error or "it was not searched whole"
        where = f"{self.uri} ({self.part})" if self.part else self.uri
        return why.replace(self.uri, where, 1) if self.uri in why else f"{where}: {why}"


class ProbedSoFar(NamedTuple):
    """How far a run is that is not planned yet."""

    probed: int
    files: int

    @property
    def sentence(self) -> str:
        return f"{self.probed} of {self.files} probed"


@dataclass(frozen=True, slots=True)
class Searcher:
    """On what segments were searched; as columns of ``segments``."""

    host: str | None
    software: str | None
    models: str | None
    computed_on: str | None

    @property
    def sentence(self) -> str:
        if self.host is None:
            return "nobody knows: no worker came to its end with it, or it is a run of before"
        return f"{self.host}, {self.computed_on}, lfr-batch {self.software}, models {self.models}"


@dataclass(frozen=True, slots=True)
class RunOverview:
    """How far a run is, and what was wrong with it."""

    request: RunRequest
    status: str
    """As in ``runs``, or 'interrupted'."""
    error: str | None
    progress: RunProgress
    probed: ProbedSoFar | None
    """None: it is planned."""
    files: int
    footage: int
    """Rows: files, or their recordings and streams."""
    not_whole: tuple[FileState, ...]
    """Footage that is not 'ok', in its order; of one still being searched, as probing found it."""
    errors: Mapping[str, int]
    """What went wrong with files when they were listed, and with segments; how often."""
    unsearched: Mapping[str, int]
    """What was not looked at, by design or limit; how often."""
    searched_by: Mapping[Searcher, int]
    """Receipts by what searched them; of runs of before, all by nobody that is known."""
    searched_before: Mapping[str, int]
    """Files that earlier runs of the case had searched, by the run: those that were left out, and
    those of which the bytes were known."""
    sightings: int | None
    """Of the published run; before stitching while it is not published; None: it is withheld."""
    elapsed_s: float
    """From the first start to the end or, of a running run, to now."""

    @property
    def finished(self) -> bool:
        """Whether it came to its end: what was searched only partly is finished, too."""
        return self.status in FINISHED

    @property
    def speed(self) -> float | None:
        """Media seconds searched per second since the first start; None before any."""
        return self.progress.media_s / self.elapsed_s if self.elapsed_s > 0 else None


def run_rows(lake: Lake, store: Store) -> list[dict[str, Any]]:
    """Every run, newest first; one under way that nobody holds is 'interrupted'.

    Of one that is not planned yet ``files`` says how many it has, ``files_probed`` how many of them
    have been probed; of others they are None.
    """
    rows: Sequence[dict[str, Any]] = rows_of(run_query(lake, _RUNS))
    return [_shown(row, StoredRun(store, row["run_id"])) for row in rows]


def _shown(row: Mapping[str, Any], run: StoredRun) -> dict[str, Any]:
    files = probed = None
    if row["status"] in MAY_BE_UNPLANNED:
        with suppress(RunNotFound):
            probed, files = probed_so_far(run, load_run(run)) or (None, None)
    status = shown_status(run, row["status"])
    return {**row, "status": status, "files": files, "files_probed": probed}


def probed_so_far(run: StoredRun, request: RunRequest) -> ProbedSoFar | None:
    """None: it is planned."""
    if request.listing is None or is_planned(run, request):
        return None
    return ProbedSoFar(count_probed(run, request.listing), request.listing.files)


def run_progress(run: StoredRun, now: datetime | None = None) -> RunOverview:
    """Raises RunNotFound, ResultsTooNew."""
    request = load_run(run)
    probed = probed_so_far(run, request)
    planned = None if probed else planned_by(run)
    assets = () if planned is None else read_catalogue(run, planned)
    plan = () if planned is None else read_plan(run, planned)
    outcomes = read_outcomes(run)
    progress = summarise(plan, outcomes)
    row = latest_row(run) or {"status": "planning" if probed else "running", "error": None}
    finished, counted = row.get("finished_at"), row.get("sightings")
    if counted is None and row["status"] != WITHHELD:
        counted = progress.sightings
    until = finished or now or datetime.now(UTC)
    return RunOverview(
        request=request,
        status=shown_status(run, row["status"]),
        error=row["error"],
        progress=progress,
        probed=probed,
        files=probed.files if probed else len({asset.uri for asset in assets}),
        footage=len(assets),
        not_whole=tuple(not_whole(assets, plan, outcomes)),
        errors={**Counter(a.error for a in assets if a.error), **progress.errors},
        unsearched={**Counter(a.unsearched for a in assets if a.unsearched), **progress.unsearched},
        searched_by=Counter(map(_searcher, outcomes.values())),
        searched_before=_searched_before(request, assets),
        sightings=counted,
        elapsed_s=max((until - request.started_at).total_seconds(), 0.0),
    )


def _searched_before(request: RunRequest, assets: Sequence[FootageAsset]) -> dict[str, int]:
    known = {asset.uri: asset.known_from for asset in assets if asset.known_from}
    return dict(Counter(request.searched_before or {}) + Counter(known.values()))


def _searcher(outcome: SegmentOutcome) -> Searcher:
    return Searcher(outcome.host, outcome.software, outcome.models, outcome.computed_on)


def not_whole(
    assets: Sequence[FootageAsset],
    plan: Iterable[Segment],
    outcomes: Mapping[str, SegmentOutcome],
) -> Iterator[FileState]:
    """The files of which something was not, or will not be, looked at."""
    planned: defaultdict[str, list[Segment]] = defaultdict(list)
    for segment in plan:
        planned[segment.footage_id].append(segment)
    parts = searched.parts([row_of(asset) for asset in assets])
    for asset in assets:
        segments = planned[asset.footage_id]
        if all(segment.segment_id in outcomes for segment in segments):
            receipts = [rollup.segment_row(s, outcomes[s.segment_id]) for s in segments]
            row = rollup.footage_row(asset, receipts, 0)
            known = row["status"], row["unsearched_share"], row["error"]
        else:
            said = asset.error or asset.unsearched
            known = asset.status, asset.unsearched_share or None, said
        if known[0] != "ok":
            yield FileState(asset.uri, *known, parts.get(asset.footage_id, ""))


def shown_status(run: StoredRun, recorded: str) -> str:
    if recorded in UNDER_WAY and not is_locked(run):
        return INTERRUPTED
    return recorded
