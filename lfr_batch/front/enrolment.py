"""An enrolment: from a folder of pictures to the gallery's new snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lfr_batch.config.schema import Config
from lfr_batch.enrolment.ages import AskAges, ages_said, allowed_of, nobody_to_ask
from lfr_batch.enrolment.forgetting import finish_intended
from lfr_batch.enrolment.intake import EnrolOrder, examine, publish
from lfr_batch.front.listeners import NOBODY_ENROLLING, EnrolListener
from lfr_batch.front.machinery import CONFIGURED, Machinery, alone_on_ray
from lfr_batch.front.stated import require_stated
from lfr_batch.gallery.images import read_images
from lfr_batch.gallery.records import Enrolment, Listing, SnapshotInfo
from lfr_batch.gallery.store import list_galleries
from lfr_batch.homes.at_hand import manifests_at_hand
from lfr_batch.work.privacy import protect_files
from lfr_batch.work.workers import sized


@dataclass(frozen=True, slots=True)
class EnrolledGallery:
    """A gallery with its new snapshot, and what became of every file."""

    info: SnapshotInfo
    """The snapshot that is now the gallery's."""
    enrolment: Enrolment
    """What became of every file."""
    listing: Listing
    """Every file below the folder of pictures."""
    before: SnapshotInfo | None
    """The snapshot whose place it takes."""

    @property
    def is_settled(self) -> bool:
        """Whether every subject has a template, and nobody has to decide whose face one is."""
        return self.enrolment.is_settled


def enrol_order(
    order: EnrolOrder,
    listener: EnrolListener = NOBODY_ENROLLING,
    machinery: Machinery = CONFIGURED,
    *,
    engine_chosen: bool = False,
    ask_ages: AskAges = nobody_to_ask,
    now: datetime | None = None,
) -> EnrolledGallery:
    """Examine every picture and make a snapshot of the faces: all of it, or none.

    Children under 6 are refused unless ``order.ages`` accepts them; ``ask_ages`` is asked where
    neither a column nor the order says how old people are.
    ``engine_chosen``: the engine is the order's, however few the pictures are. ``now``: the
    snapshot's date, with its time zone; None is the clock's. What this process writes is from then
    on its owner's alone. Raises AuthorityError, UsageError, PackError,
    EngineError, StoreFull, and GalleryEmpty where nobody could be enrolled.
    """
    stated = require_stated(order.authority, needs_purpose=False)
    protect_files()
    finish_intended(order.home, order.config.s3)
    listing = read_images(order.images_dir, order.subjects_csv, order.exclude, order.config.s3)
    listing = allowed_of(listing, order.ages)
    said = ages_said(listing, order.ages, (now or datetime.now(UTC)).date(), ask_ages)
    listing = replace(listing, ages=said)
    wanted = len(listing.images)
    config = with_engine(order.config, wanted, machinery, chosen=engine_chosen)
    order = replace(order, authority=stated, config=config)
    galleries = list_galleries(manifests_at_hand(order.home, config.s3))
    before = next((info for info in galleries if info.name == order.gallery), None)
    with (
        alone_on_ray(config.engine),
        machinery.open(config.engine, listener.said) as run,
        listener.examining(wanted) as count,
    ):
        enrolment = examine(order, listing, run, lambda _: count(), machinery.settle, listener.said)
    listener.examined(enrolment)
    info = publish(order, listing, enrolment, now or datetime.now(UTC))
    return EnrolledGallery(info, enrolment, listing, before)


def with_engine(config: Config, images: int, machinery: Machinery, *, chosen: bool) -> Config:
    """Small enrolments are quicker without Ray."""
    if not chosen and images < config.enrol.ray_from_images:
        here = config.engine.model_copy(update={"kind": "in_process"})
        config = config.model_copy(update={"engine": here})
    sizes = sized(config.engine, machinery.machine(config), images)
    return config.model_copy(update={"engine": sizes})
