"""A gallery grows: from pictures that are new to its next snapshot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lfr_batch.enrolment.ages import AskAges, ages_said, allowed_of
from lfr_batch.enrolment.ages import nobody_to_ask as nobody_to_ask_ages
from lfr_batch.enrolment.foreseen import ForeseenGrowth, foresee_growth
from lfr_batch.enrolment.forgetting import finish_intended
from lfr_batch.enrolment.growing import (
    GrowOrder,
    Growth,
    examine_new,
    gather,
    open_gallery,
    publish_growth,
)
from lfr_batch.errors import UsageError
from lfr_batch.front.enrolment import with_engine
from lfr_batch.front.listeners import NOBODY_ENROLLING, EnrolListener
from lfr_batch.front.machinery import CONFIGURED, Machinery, alone_on_ray
from lfr_batch.front.stated import require_stated
from lfr_batch.gallery.calibrated import lost_with, not_calibrated_any_more
from lfr_batch.gallery.images import read_images
from lfr_batch.gallery.records import Listing, SnapshotInfo
from lfr_batch.gallery.store import info_of
from lfr_batch.storage.verified import nothing_kept
from lfr_batch.work.privacy import protect_files

MOST_REMOVED = 0.5
"""Of a gallery's pictures, without being asked."""

NAMED = 5
"""Subjects who leave, of whom it is said who they are."""

Confirm = Callable[[str], bool]
"""Asks whether what it is told is meant."""


def nobody_to_ask(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class GrownGallery:
    """A gallery with its new snapshot, and what the pictures changed in it."""

    info: SnapshotInfo
    """The snapshot that is now the gallery's."""
    before: SnapshotInfo
    """The snapshot whose place it takes; the same where nothing changed."""
    growth: Growth
    """Pictures that were added, changed, removed and left as they were."""
    listing: Listing
    """Every file that the source has."""

    @property
    def is_settled(self) -> bool:
        """Whether every subject of the source has a template, and nobody has to decide whose face
        one is."""
        return self.growth.enrolment.is_settled


@dataclass(frozen=True, slots=True)
class ForeseenGallery:
    """What the pictures would change in a gallery."""

    now: SnapshotInfo
    """Its current snapshot, which stays that."""
    growth: ForeseenGrowth
    listing: Listing
    """Every file that the source has."""
    asks: str
    """What is asked before it is done, and refused where nobody can be asked; empty: nothing is."""
    said: tuple[str, ...] = ()
    """What else is told before: of the pack that the gallery stays with, and of machines."""


def foresee_order(asked: GrowOrder, machinery: Machinery = CONFIGURED) -> ForeseenGallery:
    """What ``grow_order`` would do: no picture is looked at, only read, and nothing is written; a
    home in a bucket is looked at as ever, through this node's cache. Raises as that."""
    stated = require_stated(asked.order.authority, needs_purpose=False)
    protect_files()
    order = replace(asked.order, authority=stated)
    listing = read_images(order.images_dir, order.subjects_csv, order.exclude, order.config.s3)
    said: list[str] = []
    listing = allowed_of(listing, order.ages)
    with nothing_kept():
        opened = open_gallery(replace(asked, order=order), listing, machinery.settle, said.append)
        growth = foresee_growth(asked, listing, opened)
        now = info_of(opened.base.name, opened.base.path)
    asks = _too_many(order.gallery, growth.removed, len(opened.base.templates))
    return ForeseenGallery(now, growth, listing, asks, tuple(said))


def grow_order(
    asked: GrowOrder,
    confirm: Confirm = nobody_to_ask,
    listener: EnrolListener = NOBODY_ENROLLING,
    machinery: Machinery = CONFIGURED,
    *,
    engine_chosen: bool = False,
    ask_ages: AskAges = nobody_to_ask_ages,
    now: datetime | None = None,
) -> GrownGallery:
    """Look at the pictures that the gallery does not have, and make its next snapshot of these and
    of what it has: all of it, or none.

    What was to be removed and was interrupted is removed first. ``confirm`` is asked where more
    than half of the pictures would go, ``ask_ages`` as by ``enrol_order`` where some are new.
    Raises what that raises, GalleryNotFound, GalleryMismatch where it was enrolled with other
    models or settings, and UsageError where nobody confirms.
    """
    stated = require_stated(asked.order.authority, needs_purpose=False)
    protect_files()
    order = replace(asked.order, authority=stated)
    finish_intended(order.home, order.config.s3)
    listing = read_images(order.images_dir, order.subjects_csv, order.exclude, order.config.s3)
    listing = allowed_of(listing, order.ages)
    asked = replace(asked, order=order)
    opened = open_gallery(asked, listing, machinery.settle, listener.said)
    wanted = len(opened.reused.unknown)
    if wanted:
        today = (now or datetime.now(UTC)).date()
        listing = replace(listing, ages=ages_said(listing, order.ages, today, ask_ages))
    config = with_engine(order.config, wanted, machinery, chosen=engine_chosen)
    asked = replace(asked, order=replace(order, config=config))
    if wanted:
        with (
            alone_on_ray(config.engine),
            machinery.open(config.engine, listener.said) as run,
            listener.examining(wanted) as count,
        ):
            growth = examine_new(asked, listing, opened, run, lambda _: count(), listener.said)
    else:
        growth = gather(asked, listing, opened, ())
    listener.examined(growth.enrolment)
    _require_meant(_too_many(order.gallery, growth.removed, len(opened.base.templates)), confirm)
    if leaving := leaving_sentence(growth.subjects.gone):
        listener.said(leaving)
    before = info_of(opened.base.name, opened.base.path)
    info = publish_growth(asked, growth, now or datetime.now(UTC))
    if lost_with(before.path, info.path):
        listener.said(not_calibrated_any_more(info.name))
    return GrownGallery(info, before, growth, listing)


def leaving_sentence(gone: Sequence[str]) -> str:
    """Of those of whom the source has nothing; empty where that is nobody."""
    if not gone:
        return ""
    more = [f"and {len(gone) - NAMED} more"] if len(gone) > NAMED else []
    who = "1 subject leaves" if len(gone) == 1 else f"{len(gone)} subjects leave"
    return (
        f"{who} the gallery, with all that was said of them, having neither a picture in the "
        f"source nor a row in --subjects: {', '.join([*gone[:NAMED], *more])}."
    )


def _too_many(gallery: str, removed: int, templates: int) -> str:
    if removed <= MOST_REMOVED * templates:
        return ""
    return f"{removed} of the {templates} pictures of gallery {gallery!r} would be removed"


def _require_meant(said: str, confirm: Confirm) -> None:
    if said and not confirm(f"{said}. Is that meant?"):
        raise UsageError(
            f"{said}, more than half: see whether the source is whole, and give --yes if it is."
        )
