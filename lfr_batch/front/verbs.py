"""What is asked for at the front door: enrol, scan, search, resume."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from lfr_batch.enrolment.ages import AgeRules, AskAges
from lfr_batch.enrolment.ages import nobody_to_ask as nobody_to_ask_ages
from lfr_batch.enrolment.growing import GrowOrder
from lfr_batch.enrolment.intake import EnrolOrder
from lfr_batch.errors import UsageError
from lfr_batch.front.dry_run import DryRun, dry_run
from lfr_batch.front.enrolment import EnrolledGallery, enrol_order
from lfr_batch.front.growing import (
    Confirm,
    ForeseenGallery,
    GrownGallery,
    foresee_order,
    grow_order,
    nobody_to_ask,
)
from lfr_batch.front.listeners import NOBODY, NOBODY_ENROLLING, EnrolListener, RunListener
from lfr_batch.front.machinery import CONFIGURED
from lfr_batch.front.places import from_anywhere
from lfr_batch.front.runs import FinishedRun, resume_run, run_order
from lfr_batch.front.settings import Settings
from lfr_batch.front.standing import Tick, search_new
from lfr_batch.front.standing import watch as watch_order
from lfr_batch.front.stated import require_stated_for_run
from lfr_batch.gallery.records import Pick
from lfr_batch.oversight.authority import Authority
from lfr_batch.scanning.plan import Order

Address = str | Path
"""A file, a folder, a glob, or s3://bucket/prefix."""

SEARCH_UNLESS_SAID = MappingProxyType({"decide.top_k": 10, "engine.kind": "in_process"})
"""Of a search, for which somebody waits."""


def enrol(
    gallery: str,
    images: Address,
    stated: Authority,
    *,
    subjects: Address | None = None,
    exclude: Iterable[str] = (),
    pick: Pick | None = None,
    adults: bool = False,
    accept_children: bool = False,
    licence: str | None = None,
    settings: Settings | None = None,
    ask_ages: AskAges = nobody_to_ask_ages,
    listener: EnrolListener = NOBODY_ENROLLING,
) -> EnrolledGallery:
    """Enrol pictures of known people: a new immutable snapshot of ``gallery``.

    ``images`` holds a folder per subject, or pictures named after theirs; ``subjects`` is a CSV
    with more about them; files that match ``exclude`` are left out. ``pick`` says which of several
    faces of like size is meant, None leaves it open. ``licence``: the one you hold for a pack that
    is not free for casework. ``stated`` needs no purpose.

    Children under 6, of whom a column says it, are refused unless ``accept_children``; ``adults``
    says that nobody else is under 18, else ``ask_ages`` is asked where no column tells.

    Raises AuthorityError, ConfigError, UsageError, PackError, EngineError, StoreFull, and
    GalleryEmpty where nobody could be enrolled; nothing is written then.
    """
    settings = settings or Settings()
    ages = AgeRules(adults, accept_children)
    order = _enrol_order(gallery, images, stated, subjects, exclude, pick, ages, licence, settings)
    chosen = settings.chosen("engine.kind")
    return enrol_order(order, listener, engine_chosen=chosen, ask_ages=ask_ages)


def add_to_gallery(
    gallery: str,
    images: Address,
    stated: Authority,
    *,
    subjects: Address | None = None,
    exclude: Iterable[str] = (),
    pick: Pick | None = None,
    adults: bool = False,
    accept_children: bool = False,
    licence: str | None = None,
    settings: Settings | None = None,
    ask_ages: AskAges = nobody_to_ask_ages,
    listener: EnrolListener = NOBODY_ENROLLING,
) -> GrownGallery:
    """Add pictures to ``gallery``: a new snapshot of what it has and of the new ones.

    As ``enrol``, but that pictures which it has are not looked at again, and those that are not
    given stay. What ``subjects`` says of somebody takes the place of what was said before. Raises
    what ``enrol`` raises, GalleryNotFound, and GalleryMismatch where the gallery was enrolled with
    other models or settings.
    """
    settings = settings or Settings()
    ages = AgeRules(adults, accept_children)
    order = _enrol_order(gallery, images, stated, subjects, exclude, pick, ages, licence, settings)
    asked = GrowOrder(order, is_all=False)
    chosen = settings.chosen("engine.kind")
    return grow_order(asked, listener=listener, engine_chosen=chosen, ask_ages=ask_ages)


def sync_gallery(
    gallery: str,
    images: Address,
    stated: Authority,
    *,
    subjects: Address | None = None,
    exclude: Iterable[str] = (),
    pick: Pick | None = None,
    adults: bool = False,
    accept_children: bool = False,
    licence: str | None = None,
    settings: Settings | None = None,
    confirm: Confirm = nobody_to_ask,
    ask_ages: AskAges = nobody_to_ask_ages,
    listener: EnrolListener = NOBODY_ENROLLING,
) -> GrownGallery:
    """Make ``gallery`` what the pictures say: adds, changes and removes.

    As ``add_to_gallery``, but that what is not given goes. Without ``subjects`` what was said of
    people stays. ``confirm`` is asked before more than half of the pictures go; unless it says yes
    that is a UsageError.
    """
    settings = settings or Settings()
    ages = AgeRules(adults, accept_children)
    order = _enrol_order(gallery, images, stated, subjects, exclude, pick, ages, licence, settings)
    asked = GrowOrder(order, is_all=True)
    chosen = settings.chosen("engine.kind")
    return grow_order(asked, confirm, listener, engine_chosen=chosen, ask_ages=ask_ages)


def foresee_gallery(
    gallery: str,
    images: Address,
    stated: Authority,
    *,
    is_all: bool,
    subjects: Address | None = None,
    exclude: Iterable[str] = (),
    pick: Pick | None = None,
    adults: bool = False,
    accept_children: bool = False,
    licence: str | None = None,
    settings: Settings | None = None,
) -> ForeseenGallery:
    """What ``add_to_gallery`` or, with ``is_all``, ``sync_gallery`` would change. No picture is
    looked at and nothing is written. Raises what they raise."""
    settings = settings or Settings()
    ages = AgeRules(adults, accept_children)
    order = _enrol_order(gallery, images, stated, subjects, exclude, pick, ages, licence, settings)
    return foresee_order(GrowOrder(order, is_all))


def _enrol_order(
    gallery: str,
    images: Address,
    stated: Authority,
    subjects: Address | None,
    exclude: Iterable[str],
    pick: Pick | None,
    ages: AgeRules,
    licence: str | None,
    settings: Settings,
) -> EnrolOrder:
    return EnrolOrder(
        gallery=gallery,
        images_dir=str(images) if str(images).startswith("s3://") else Path(images),
        subjects_csv=None if subjects is None else Path(subjects),
        exclude=tuple(exclude),
        authority=stated,
        licence_statement=licence,
        config=settings.config(),
        home=settings.home_place,
        pick=pick,
        ages=ages,
    )


def scan(
    footage: Address | Iterable[Address],
    gallery: str,
    stated: Authority,
    *,
    manifest: Address | None = None,
    licence: str | None = None,
    run_id: str | None = None,
    settings: Settings | None = None,
    listener: RunListener = NOBODY,
) -> FinishedRun:
    """Search footage for the people of a gallery, on Ray unless the settings say otherwise.

    ``manifest``: CSV or Parquet with ``uri`` and, as known, ``camera_id``, ``start_utc``, ``site``
    and more; without footage its rows are the footage. ``licence``: the one you hold for a pack
    that is not free for casework. A file that cannot be read is no error: ``not_whole`` of what is
    returned names it. ``run_id``: the run is called that; where it is there already, asked for with
    the same, it goes on from where it stands, so that a call may be repeated.

    Raises AuthorityError, ConfigError, UsageError, PackError, GalleryError, StoreError, EngineError
    before there is a run; StoreError and EngineError after leave one that can be resumed.
    """
    settings = settings or Settings()
    order = _scan_order(footage, gallery, stated, manifest, licence, settings, run_id)
    return run_order(order, settings.results_root(order.config), listener)


def scan_new(
    footage: Address | Iterable[Address],
    gallery: str,
    stated: Authority,
    *,
    manifest: Address | None = None,
    licence: str | None = None,
    settings: Settings | None = None,
    listener: RunListener = NOBODY,
) -> Tick:
    """As ``scan``, without the footage that an earlier run of the case has searched: the same
    bytes, with the same settings, models and gallery snapshot.

    ``.run`` of what is returned is the run of the rest, None where nothing is left; with a new
    snapshot that is everything, and ``.run.ask("new_sightings")`` has what no earlier run has. A
    run of the same job that was interrupted is finished first. Folders may be empty.
    """
    settings = settings or Settings()
    order = _scan_order(footage, gallery, stated, manifest, licence, settings)
    return search_new(order, settings.results_root(order.config), listener, CONFIGURED)


def watch(
    footage: Address | Iterable[Address],
    gallery: str,
    stated: Authority,
    *,
    manifest: Address | None = None,
    licence: str | None = None,
    every_s: float | None = None,
    still_s: float | None = None,
    settings: Settings | None = None,
    listener: RunListener = NOBODY,
) -> Iterator[Tick]:
    """``scan_new`` again and again: a tick every ``every_s``, without end, as it is iterated over.

    Files wait until they have not changed for ``still_s``, or from one tick to the next:
    ``.waiting`` says which. None is what the settings say (``job.every_s``, ``job.still_s``). What
    refuses the first tick is raised; of later ones ``.error`` says it, and the next tries again.
    Raises RunBusy where another process watches the same, RunCancelled where its run was ended.
    """
    settings = settings or Settings()
    order = _scan_order(footage, gallery, stated, manifest, licence, settings)
    job = order.config.job
    return watch_order(
        order,
        settings.results_root(order.config),
        job.every_s if every_s is None else every_s,
        job.still_s if still_s is None else still_s,
        listener,
        CONFIGURED,
    )


def foresee(
    footage: Address | Iterable[Address],
    gallery: str,
    stated: Authority,
    *,
    manifest: Address | None = None,
    licence: str | None = None,
    new_only: bool = False,
    settings: Settings | None = None,
) -> DryRun:
    """What ``scan``, or ``scan_new``, would do: files, hours, time, disk. Nothing is written."""
    settings = settings or Settings()
    order = _scan_order(footage, gallery, stated, manifest, licence, settings)
    order = replace(order, new_only=new_only)
    return dry_run(order, settings.results_root(order.config), CONFIGURED)


def search(
    stills: Address | Iterable[Address],
    gallery: str,
    stated: Authority,
    *,
    licence: str | None = None,
    settings: Settings | None = None,
    listener: RunListener = NOBODY,
) -> FinishedRun:
    """Rank the people of a gallery for the faces in stills; below the threshold nobody is named.

    Done in this process, ten candidates a face, unless the settings say otherwise. The candidates:
    ``.ask("candidates_of_run")``. Raises what ``scan`` raises; videos alone are a UsageError.
    """
    settings = settings or Settings()
    config = settings.config(SEARCH_UNLESS_SAID)
    order = Order(
        kind="search",
        authority=require_stated_for_run(stated),
        gallery=_named(gallery),
        inputs=_addresses(stills),
        manifest=None,
        licence_statement=licence,
        config=config,
        home=settings.home_place,
    )
    if not order.inputs:
        raise UsageError("There is nothing to search: name stills.")
    return run_order(order, settings.results_root(config), listener)


def resume(
    run_id: str,
    *,
    retry_failed: bool = False,
    authority: str | None = None,
    operator: str | None = None,
    settings: Settings | None = None,
    listener: RunListener = NOBODY,
) -> FinishedRun:
    """Finish a run that was interrupted, and try again what was quarantined.

    ``run_id`` may be 'latest', the run that was started last, or the beginning of an id that no
    other run's has. Its case, gallery and all that decides results are the run's own; of the
    settings places count, and what they say of the engine. ``retry_failed``: also segments whose
    footage could not be read. What authorised it is asked again; ``authority`` takes its place, of
    the same case, and ``operator`` says who asks. Raises AuthorityError, RunNotFound, RunBusy,
    UsageError for a run of another version, one that is withheld, or a deployment.
    """
    return resume_run(
        run_id,
        settings or Settings(),
        retry_failed=retry_failed,
        authority=authority,
        operator=operator,
        listener=listener,
    )


def _scan_order(
    footage: Address | Iterable[Address],
    gallery: str,
    stated: Authority,
    manifest: Address | None,
    licence: str | None,
    settings: Settings,
    run_id: str | None = None,
) -> Order:
    order = Order(
        kind="scan",
        authority=require_stated_for_run(stated),
        gallery=_named(gallery),
        inputs=_addresses(footage),
        manifest=from_anywhere(str(manifest)) if manifest else None,
        licence_statement=licence,
        config=settings.config(),
        home=settings.home_place,
        run_id=run_id,
    )
    if not order.inputs and not order.manifest:
        raise UsageError("There is nothing to scan: name footage, or give --manifest.")
    return order


def _addresses(given: Address | Iterable[Address]) -> tuple[str, ...]:
    each = [given] if isinstance(given, str | Path) else given
    return tuple(from_anywhere(str(address)) for address in each)


def _named(gallery: str) -> str:
    if not gallery:
        raise UsageError("Which gallery? Give --gallery NAME; `lfr gallery list` shows them.")
    return gallery
