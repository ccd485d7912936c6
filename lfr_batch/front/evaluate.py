"""An evaluation: labelled pictures and clips, searched for in a gallery that is made for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from lfr_batch.config.schema import Config
from lfr_batch.engine.cluster import named_cluster
from lfr_batch.engine.table import Engines
from lfr_batch.enrolment.intake import EnrolOrder
from lfr_batch.errors import LfrError, StoreError, UsageError
from lfr_batch.evaluation.all_figures import all_figures
from lfr_batch.evaluation.figures import EvaluationFigures, as_rows, of_rows, worded
from lfr_batch.evaluation.gallery import NAME, Enrolling, enrol_into
from lfr_batch.evaluation.gathered import clip_figures, searched_pictures
from lfr_batch.evaluation.groups import GroupColumns, chosen_columns
from lfr_batch.evaluation.labels import Labels, read_labels
from lfr_batch.evaluation.measured import Measured
from lfr_batch.evaluation.outcomes import EnrolledPicture, EvaluatedOutcome
from lfr_batch.evaluation.page import Evaluation, write_evaluation
from lfr_batch.evaluation.planned import PlannedProbes, planned_probes
from lfr_batch.evaluation.probes import EvaluationSpec
from lfr_batch.evaluation.protocol import Protocol, protocol_of, without_repeats
from lfr_batch.evaluation.room import private_room
from lfr_batch.front.authorising import look_up_granted
from lfr_batch.front.clocks import act_on_clocks
from lfr_batch.front.enrolment import with_engine
from lfr_batch.front.listeners import NOBODY_ENROLLING, EnrolListener
from lfr_batch.front.machinery import CONFIGURED, Machinery, alone_on_ray
from lfr_batch.front.places import from_anywhere
from lfr_batch.front.searching import searched
from lfr_batch.front.settings import Settings
from lfr_batch.front.stated import require_stated
from lfr_batch.gallery.records import Pick
from lfr_batch.models.settled import Settled
from lfr_batch.oversight.authority import Authority
from lfr_batch.oversight.begun import with_log_line
from lfr_batch.recognition.settle import obeying
from lfr_batch.records import FootageAsset, FootageEntry
from lfr_batch.results.evaluations import (
    KIND,
    publish_figures,
    read_figures,
    row_of_evaluation,
    which_evaluation,
)
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lake_version import check_lake
from lfr_batch.results.lock import lock_run
from lfr_batch.results.report_page import require_place
from lfr_batch.results.run_log import RunEntry, record_run
from lfr_batch.results.run_state import RunRequest, create_run, new_run_id
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.execute import search_spec
from lfr_batch.scanning.plan import Order, RunBasis, basis_of, request_of
from lfr_batch.scanning.probing import Numbered, probe_all
from lfr_batch.storage.store import Store
from lfr_batch.work.privacy import protect_files

REPORT = "evaluation.html"


@dataclass(frozen=True, slots=True)
class EvaluationOrder:
    """What the operator asked for."""

    labels: Path | str
    """A CSV, a folder, or s3://bucket/prefix."""
    out: Path
    """Folder of the report."""
    authority: Authority
    config: Config
    settings: Settings
    licence_statement: str | None = None
    pick: Pick | None = None
    columns: tuple[str, ...] = ()
    """That tell groups apart; none: all that can."""
    compare: str | None = None
    """Another evaluation, as ``which_evaluation`` takes it."""


@dataclass(frozen=True, slots=True)
class FinishedEvaluation:
    run_id: str
    report: Path
    figures: EvaluationFigures
    said: tuple[str, ...]
    """What is to be known of it, a sentence each."""


def evaluate(
    labels: str | Path,
    out: str | Path,
    stated: Authority,
    *,
    pick: Pick | None = None,
    groups: Sequence[str] = (),
    compare: str | None = None,
    licence: str | None = None,
    settings: Settings | None = None,
    listener: EnrolListener = NOBODY_ENROLLING,
) -> FinishedEvaluation:
    """Measure how often the product is wrong, and for whom, on labelled pictures and clips.

    ``labels``: a CSV with ``file`` (or ``path``) and ``subject``, and as known ``role``, ``begin``
    and ``end``; other columns tell groups apart, ``groups`` says which alone. Or a folder with one
    folder for each subject. ``out`` gets the report, the results root the figures.
    ``compare``: an earlier evaluation. ``stated`` needs no purpose.

    Raises AuthorityError, ConfigError, UsageError for labels that make no evaluation, PackError,
    EngineError, StoreError, and GalleryEmpty where nobody could be enrolled.
    """
    settings = settings or Settings()
    place = str(labels)
    order = EvaluationOrder(
        labels=place if place.startswith("s3://") else Path(labels),
        out=Path(out),
        authority=require_stated(stated, needs_purpose=False),
        config=settings.config(),
        settings=settings,
        licence_statement=licence,
        pick=pick,
        columns=tuple(groups),
        compare=compare,
    )
    return evaluate_order(order, listener)


def evaluate_order(
    order: EvaluationOrder,
    listener: EnrolListener = NOBODY_ENROLLING,
    machinery: Machinery = CONFIGURED,
) -> FinishedEvaluation:
    """As ``evaluate``. Whatever ends it, no template is left."""
    protect_files()
    order = _authorised(order)
    config, report = order.config, order.out.absolute() / REPORT
    store = open_store(order.settings.results_root(config), config.s3)
    check_lake(store)
    before = _before(order, store)
    labels = read_labels(order.labels, config.s3)
    made = protocol_of(labels.files)
    rows = [file.groups for file in labels.files]
    people = [file.subject_id for file in labels.files]
    columns = chosen_columns(rows, people, labels.columns, order.columns)
    report.parent.mkdir(parents=True, exist_ok=True)
    require_place(report)
    chosen = order.settings.chosen("engine.kind")
    _require_in_sight(order)
    sized = with_engine(config, len(labels.files), machinery, chosen=chosen)
    course = _Course(order, sized, labels, made, columns, store, listener, machinery)
    run_id, figures = _measure(course)
    lake = open_lake(store.uri, config.s3)
    try:
        row = row_of_evaluation(lake, run_id)
        kept = of_rows(read_figures(lake, run_id))
    finally:
        lake.close()
    write_evaluation(report, Evaluation(row, kept, before))
    return FinishedEvaluation(run_id, report, figures, _said_of_labels(labels, columns))


@dataclass(frozen=True, slots=True)
class _Course:
    """An evaluation that goes on."""

    order: EvaluationOrder
    config: Config
    """With nothing of its engine left to be found out."""
    labels: Labels
    made: Protocol
    columns: GroupColumns
    store: Store
    listener: EnrolListener
    machinery: Machinery


def _authorised(order: EvaluationOrder) -> EvaluationOrder:
    """Raises AuthorityError."""
    settings, s3 = order.settings, order.config.s3
    act_on_clocks(settings, order.authority.operator)
    stated = look_up_granted(settings.home_place, s3, order.authority, "an evaluation")
    return replace(order, authority=stated)


def _require_in_sight(order: EvaluationOrder) -> None:
    engine = order.config.engine
    if (
        engine.kind == "ray"
        and named_cluster(engine)
        and isinstance(order.settings.home_place, str)
    ):
        raise UsageError(
            "The gallery of an evaluation lies in a folder of the home that every worker sees, and "
            "a home in a bucket has none: evaluate on this machine, with --engine in_process."
        )


def _before(
    order: EvaluationOrder, store: Store
) -> tuple[dict[str, object], EvaluationFigures] | None:
    """The evaluation to compare with: asked for before anything is done."""
    if order.compare is None:
        return None
    lake = open_lake(store.uri, order.config.s3)
    try:
        run_id = which_evaluation(lake, order.compare)
        return row_of_evaluation(lake, run_id), of_rows(read_figures(lake, run_id))
    finally:
        lake.close()


def _said_of_labels(labels: Labels, columns: GroupColumns) -> tuple[str, ...]:
    left_out = columns.left_out.items()
    return *labels.said, *(
        f"Column {name!r} tells no groups apart: {why}." for name, why in left_out
    )


def _measure(course: _Course) -> tuple[str, EvaluationFigures]:
    engine = course.config.engine
    with (
        alone_on_ray(engine),
        private_room(course.order.settings.home_place) as room,
        course.machinery.joined(engine) as engines,
    ):
        assets = _probed(course, engines)
        digest_of = {uri: a.content_id or a.sha256 or "" for uri, a in assets.items()}
        made, repeated = without_repeats(
            course.made, {uri: digest for uri, digest in digest_of.items() if digest}
        )
        enrolled = _enrolled(course, made, room, engines)
        known = frozenset(each.person for each in enrolled if each.is_enrolled)
        planned = planned_probes(made, assets, known, course.config.footage.segment_s)
        basis, settled = _basis(course, room, is_still=not planned.clips)
        request = _request(course, basis, settled)
        request = with_log_line(
            course.order.settings.home_place, request, course.store.uri, course.config.s3
        )
        create_run(course.store, request, (), ())
        run = StoredRun(course.store, request.run_id)
        with lock_run(run) as hold, _failure_recorded(partial(record_run, hold, request)):
            record_run(hold, request, RunEntry("running"))
            outcomes = _outcomes(course, request, room, planned, engines)
            measured = Measured(
                enrolled=enrolled,
                searched=searched_pictures(made, planned, outcomes, digest_of),
                threshold=request.threshold,
                target_fpir=request.target_fpir,
                subjects=len(known),
                templates=request.comparisons,
                columns=course.columns.used,
                groups_of=_groups_of(enrolled),
                repeated=repeated,
                clips=clip_figures(made, planned, outcomes, known, course.config),
            )
            words = worded(course.made.sentence, _said_of_labels(course.labels, course.columns))
            figures = [*all_figures(measured), *words]
            publish_figures(hold, request, as_rows(figures))
    return request.run_id, EvaluationFigures(figures)


@contextmanager
def _failure_recorded(record: partial[None]) -> Iterator[None]:
    try:
        yield
    except LfrError as error:
        with suppress(StoreError):
            record(RunEntry("failed", error=str(error)))
        raise
    except KeyboardInterrupt:
        with suppress(StoreError):
            record(RunEntry("cancelled", error="it was stopped"))
        raise


def _probed(course: _Course, engines: Engines) -> dict[str, FootageAsset]:
    """What each file is, by its uri: the first recording of a clip."""
    uris = list(dict.fromkeys(file.uri for file in course.labels.files))
    entries = [Numbered(number, FootageEntry(uri)) for number, uri in enumerate(uris)]
    tell = course.listener.said
    with engines.open_probers(course.config.engine, len(uris), tell) as probers:
        found = probe_all(probers, entries, course.config, tell)
        return {uris[held.number]: held.assets[0] for held in found}


def _enrolled(
    course: _Course, made: Protocol, room: Path, engines: Engines
) -> tuple[EnrolledPicture, ...]:
    order, listener = course.order, course.listener
    enrolling = EnrolOrder(
        gallery=NAME,
        images_dir=room,
        subjects_csv=None,
        exclude=(),
        authority=order.authority,
        licence_statement=order.licence_statement,
        config=course.config,
        home=order.settings.home_place,
        pick=order.pick,
    )
    with (
        engines.open(course.config.engine, listener.said) as run,
        listener.examining(len(made.enrolled)) as count,
    ):
        means = Enrolling(run, course.machinery.settle, listener.said, lambda _: count())
        return enrol_into(room, enrolling, made.enrolled, means, datetime.now(UTC))


def _basis(course: _Course, room: Path, *, is_still: bool) -> tuple[RunBasis, Settled]:
    order = _as_search(course)
    agreed = course.machinery.settle(order.home, order.config, "search" if is_still else "scan")
    return basis_of(order, room), agreed.settled


def _as_search(course: _Course) -> Order:
    """An evaluation is asked for as a search of its gallery would be."""
    order = course.order
    purpose = order.authority.purpose or KIND
    return Order(
        kind="search",
        inputs=(from_anywhere(str(order.labels)),),
        manifest=None,
        gallery=NAME,
        authority=replace(order.authority, purpose=purpose),
        licence_statement=order.licence_statement,
        config=order.config,
        home=order.settings.home_place,
    )


def _request(course: _Course, basis: RunBasis, settled: Settled) -> RunRequest:
    now = datetime.now(UTC)
    asked = request_of(_as_search(course), now, basis, settled)
    return asked.model_copy(update={"kind": KIND, "run_id": new_run_id(now, KIND)})


def _outcomes(
    course: _Course, request: RunRequest, room: Path, planned: PlannedProbes, engines: Engines
) -> list[EvaluatedOutcome]:
    search = search_spec(request, obeying(course.config, request.settled), room)
    spec = EvaluationSpec(search, course.order.pick)
    return searched(engines, spec, planned.items, course.listener)


def _groups_of(enrolled: Sequence[EnrolledPicture]) -> Mapping[str, Mapping[str, str]]:
    """Of a subject with several pictures the first's."""
    found: dict[str, Mapping[str, str]] = {}
    for each in enrolled:
        if each.is_enrolled:
            found.setdefault(each.person, each.groups)
    return found
