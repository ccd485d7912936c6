"""Results that leave: tables and pictures for other programs, on record with who answers for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from lfr_batch.config.load import NOTHING
from lfr_batch.errors import StoreError, StoreUnreachable, UsageError
from lfr_batch.front.clocks import act_on_clocks
from lfr_batch.front.opening import Opener, opener_of, require_seen
from lfr_batch.front.settings import Settings
from lfr_batch.front.stated import require_stated
from lfr_batch.oversight.audit_facts import OPENED
from lfr_batch.oversight.authority import Authority
from lfr_batch.oversight.looked import cases_of
from lfr_batch.oversight.put import put
from lfr_batch.results.copies import Copy, copy_of, note_copy
from lfr_batch.results.export_evidence import is_evidence, write_evidence
from lfr_batch.results.export_files import Provenance, writer_for
from lfr_batch.results.export_rows import (
    ALL_VIEWS,
    ExportScope,
    Table,
    question_table,
    runs_selected,
    view_tables,
)
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import Lake
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.which_run import which_run
from lfr_batch.results.withheld import withheld_sentences
from lfr_batch.results.withholding import require_shown
from lfr_batch.storage.disk_errors import WayOut, disk_errors
from lfr_batch.storage.files import replacing
from lfr_batch.storage.folders import replacing_folder
from lfr_batch.storage.store import Store
from lfr_batch.version import __version__

ANEW = "name another place, or give --force to replace it"


@dataclass(frozen=True, slots=True)
class Exported:
    path: Path
    """From the root of this machine."""
    rows: Mapping[str, int]
    """Of each table; of evidence ``pictures``."""
    run_ids: tuple[str, ...]
    said: str = ""
    """Which runs a question was about, in words."""


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What is to leave. ``run_id`` None: of the case or, with ``everything``, of all."""

    to: Path
    stated: Authority
    run_id: str | None = None
    everything: bool = False
    views: tuple[str, ...] = ()
    question: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    evidence: bool = False
    """Pictures into a folder instead of rows into a file."""
    force: bool = False
    """Replace what is there."""
    why: str | None = None
    """Beyond its purpose, where the policy asks for it."""


def export(
    to: str | Path,
    stated: Authority,
    *,
    run: str | None = None,
    everything: bool = False,
    views: Sequence[str] = (),
    question: str | None = None,
    parameters: Mapping[str, Any] = NOTHING,
    evidence: bool = False,
    force: bool = False,
    why: str | None = None,
    settings: Settings | None = None,
) -> Exported:
    """Write results for other programs, of one ``run``, of the case that is ``stated``, or of
    ``everything``.

    ``to`` is FILE.parquet or FILE.csv (one view, ``sightings`` unless named, or the answer to a
    ready ``question`` with its ``parameters``) or FILE.duckdb (a table for each view, the lake's
    own unless named); with ``evidence`` a folder: a JPEG for each sighting, and manifests. Times
    are UTC. Rows are written as they are read: memory does not grow with them.

    It is a line in the audit log of the home before it is there under its name, and noted with the
    results. Raises AuthorityError, UsageError, QueryError, ResultsError, StoreError; nothing is
    half-written, and what was there stays.
    """
    order = ExportOrder(
        Path(to), stated, run, everything, tuple(views), question, parameters, evidence, force, why
    )
    return export_order(order, settings or Settings())


def export_order(order: ExportOrder, settings: Settings) -> Exported:
    """As ``export``."""
    stated, path = require_stated(order.stated), order.to.absolute()
    _require_one_thing(order)
    opener = opener_of(settings, "export", order.why, stated.operator)
    _require_room(order, path)
    act_on_clocks(settings, stated.operator)
    root, s3 = settings.results_place()
    selection = _selection(order, stated, open_store(root, s3))
    lake = open_lake(root, s3)
    try:
        runs = runs_selected(lake, selection)
        run_ids = tuple(run["run_id"] for run in runs)
        require_seen(opener.home, opener.s3, {run["case_ref"] for run in runs}, opener.by)
        record = _recorder(settings, opener, stated, path, runs)
        if order.evidence:
            facts = open_lake(root, s3)
            try:
                return _evidence(path, lake, facts, run_ids, record, order)
            finally:
                facts.close()
        tables, said = _tables(lake, order, selection, run_ids)
        said = "; ".join(filter(None, (said, *withheld_sentences(lake, run_ids))))
        return _file(path, lake, tables, run_ids, record, said, order)
    finally:
        lake.close()


@dataclass(frozen=True, slots=True)
class _Recorder:
    """Who answers for an export, and how that is put on record."""

    provenance: Provenance
    put: Callable[[Literal["export", "evidence"], Mapping[str, int], bool], None]
    """What left, its rows by table, and whether people are named or shown in it."""


def _recorder(
    settings: Settings,
    opener: Opener,
    stated: Authority,
    path: Path,
    runs: Sequence[Mapping[str, Any]],
) -> _Recorder:
    by_run = {run["run_id"]: run["case_ref"] for run in runs}
    run_ids, cases = list(by_run), list(cases_of(by_run))
    provenance = {
        **asdict(stated),
        "exported_at": datetime.now(UTC).isoformat(),
        "software": f"lfr-batch {__version__}",
        "cases_of_runs": cases,
        "run_ids": run_ids,
    }

    def put(
        what: Literal["export", "evidence"], rows: Mapping[str, int], shows_people: bool
    ) -> None:
        copy = copy_of(
            what, str(path), stated.operator, run_ids, sum(rows.values()),
            case_ref=stated.case_ref, shows_subjects=shows_people,
        )  # fmt: skip
        said = {**asdict(stated), "rows_of": dict(rows)}
        counts = ", ".join(f"{name} {count}" for name, count in rows.items())
        look = opener.look(f"{counts}, to {path}", by_run)
        _put_on_record(settings, copy, {**said, **look.said})

    return _Recorder(provenance, put)


def _put_on_record(settings: Settings, copy: Copy, said: Mapping[str, Any]) -> None:
    """A lake that cannot be written to is no reason where the audit log has it; nor is a home in a
    bucket that may only be read, where the lake has it."""
    home, s3 = settings.home_and_s3()
    line = copy.model_dump(mode="json", exclude={"at"})
    is_in_log = True
    try:
        put(home, s3, OPENED, {**line, **said}, copy.at)
    except StoreUnreachable:
        if isinstance(home, Path):
            raise
        is_in_log = False
    try:
        note_copy(open_store(*settings.results_place()), copy)
    except StoreError:
        if not is_in_log:
            raise


def _tables(
    lake: Lake, order: ExportOrder, selection: ExportScope, run_ids: Sequence[str]
) -> tuple[list[Table], str]:
    if order.question is not None:
        given = {**selection.given, **order.parameters}
        table, said = question_table(lake, order.question, given)
        return [table], said
    default = ALL_VIEWS if order.to.suffix.lower() == ".duckdb" else ("sightings",)
    return view_tables(lake, order.views or default, selection, run_ids), ""


def _file(
    path: Path,
    lake: Lake,
    tables: Sequence[Table],
    run_ids: tuple[str, ...],
    record: _Recorder,
    said: str,
    order: ExportOrder,
) -> Exported:
    write = writer_for(path, len(tables))
    with _full_disk_said(path, "--to"), replacing(path) as building:
        rows = write(building, lake, tables, record.provenance)
        shows = any(table.shows_people and rows[table.name] for table in tables)
        _require_room(order, path)
        record.put("export", rows, shows)
    return Exported(path, rows, run_ids, said)


def _evidence(
    path: Path,
    lake: Lake,
    facts: Lake,
    run_ids: tuple[str, ...],
    record: _Recorder,
    order: ExportOrder,
) -> Exported:
    with _full_disk_said(path, "--evidence"), replacing_folder(path) as building:
        rows = {"pictures": write_evidence(building, lake, facts, run_ids, record.provenance)}
        _require_room(order, path)
        record.put("evidence", rows, rows["pictures"] > 0)
    return Exported(path, rows, run_ids)


@contextmanager
def _full_disk_said(path: Path, option: str) -> Iterator[None]:
    elsewhere = f"name another place with {option}"
    with disk_errors(path, WayOut(f"free space or {elsewhere}", elsewhere)):
        yield


def _selection(order: ExportOrder, stated: Authority, store: Store) -> ExportScope:
    if order.run_id is not None:
        run_id = which_run(store, order.run_id)
        require_shown(StoredRun(store, run_id))
        return ExportScope(run_id=run_id)
    return ExportScope() if order.everything else ExportScope(case_ref=stated.case_ref)


def _require_one_thing(order: ExportOrder) -> None:
    if order.run_id is not None and order.everything:
        raise UsageError("Export one run or all of them: give --run or --all, not both.")
    if order.views and order.question is not None:
        raise UsageError("Export views or the answer to a question: give --view or --question.")
    if order.evidence and (order.views or order.question is not None):
        raise UsageError("Evidence is pictures: --view and --question go with --to.")
    if not order.evidence:
        views = 1 if order.question or order.to.suffix.lower() != ".duckdb" else 0
        writer_for(order.to, len(order.views) or views)


def _require_room(order: ExportOrder, path: Path) -> None:
    """Nothing is replaced unasked, and a folder of other things not at all."""
    if not path.exists():
        return
    if not order.force:
        raise UsageError(f"{path} is there already: {ANEW}")
    if order.evidence and not is_evidence(path):
        raise UsageError(f"{path} holds something else than exported evidence: name another folder")
    if not order.evidence and not path.is_file():
        raise UsageError(f"{path} is no file: name another one")
