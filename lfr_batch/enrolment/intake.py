"""Enrolment: pictures of known people through the same stages as footage, into a snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from lfr_batch import cuda
from lfr_batch.config.schema import Config, QualityConfig
from lfr_batch.enrolment.ages import AgeRules
from lfr_batch.enrolment.made_with import made_with
from lfr_batch.enrolment.noted import note_enrolment
from lfr_batch.errors import FootageError, StoreAway, StoreError
from lfr_batch.faces.evidence import encode_jpeg, evidence
from lfr_batch.faces.grade import grade
from lfr_batch.faces.picture_quality import picture_quality
from lfr_batch.faces.quality import sharpness_of
from lfr_batch.faces.realign import look_upright
from lfr_batch.faces.stages import EnrolStages, detect_in_still, open_enrol_stages
from lfr_batch.faces.view import aligned_bgr, cut_view
from lfr_batch.footage.local import unreadable
from lfr_batch.footage.sources import source_of
from lfr_batch.footage.stills import StillFrame, check_still, decode_still, read_still
from lfr_batch.footage.taken_on import taken_on
from lfr_batch.gallery.chosen_face import choose_face
from lfr_batch.gallery.close_pairs import Compare, PairLimits, on_processors
from lfr_batch.gallery.enrolment import collect
from lfr_batch.gallery.faiss_index import gallery_bytes
from lfr_batch.gallery.records import (
    EnrolledFace,
    Enrolment,
    EnrolmentImage,
    FileOutcome,
    Listing,
    Pick,
    SnapshotContent,
    SnapshotInfo,
    image_id_of,
)
from lfr_batch.gallery.snapshot_files import shared_files
from lfr_batch.gallery.store import load_compared, publish_snapshot
from lfr_batch.homes.at_hand import Home, folder_here, pack_at_hand, snapshot_at_hand
from lfr_batch.homes.change import changed_gallery
from lfr_batch.models.devices import cuda_is_usable
from lfr_batch.models.licence import require_permitted_use
from lfr_batch.models.manifest import PackManifest
from lfr_batch.models.planned import PlannedWith
from lfr_batch.models.providers import Device
from lfr_batch.models.settled import Settled
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.oversight.authority import Authority
from lfr_batch.recognition.planned import planned_with, require_same, require_software
from lfr_batch.recognition.settle import Settle, agree_here, require_obeyed
from lfr_batch.records import FaceBatch
from lfr_batch.work.attempts import Runner, Tell, WorkKind, run_with_attempts, unheard
from lfr_batch.work.lending import Lend, for_all, for_each
from lfr_batch.work.limits import Limits
from lfr_batch.work.lost import Why
from lfr_batch.work.machine import item_limits, sized_here
from lfr_batch.work.privacy import protect_files

EnrolmentOutcome = EnrolledFace | FileOutcome


@dataclass(frozen=True, slots=True)
class EnrolOrder:
    """What the operator asked for."""

    gallery: str
    images_dir: Path | str
    """A folder, or s3://bucket/prefix."""
    subjects_csv: Path | None
    exclude: tuple[str, ...]
    authority: Authority
    licence_statement: str | None
    config: Config
    home: Home
    pick: Pick | None = None
    """How to choose among faces of like size; None leaves it to a person."""
    ages: AgeRules = AgeRules()  # noqa: RUF009 - it is frozen


@dataclass(frozen=True, slots=True)
class EnrolSpec:
    """All an enrolment worker needs to open itself; picklable."""

    home: Home
    config: Config
    pick: Pick | None
    settled: Settled
    planned: PlannedWith
    pack_identity: str = ""
    """Of the derivation of the pack; empty: its newest."""

    @property
    def limits(self) -> Limits:
        """Of a picture."""
        return item_limits(self.config, self.settled.device)

    def media_s(self, _: Sequence[EnrolmentImage]) -> float:
        return 0.0

    @property
    def together(self) -> int:
        """Pictures, or groups of them, that a worker has at once."""
        return max(1, self.config.engine.segments_per_worker)


@dataclass(frozen=True, slots=True)
class Basis:
    """What all templates are made with."""

    settled: Settled
    planned: PlannedWith
    pack: PackManifest


def examine(
    order: EnrolOrder,
    listing: Listing,
    run: Runner,
    on_outcome: Callable[[EnrolmentOutcome], None] = lambda _: None,
    settle: Settle = agree_here,
    tell: Tell = unheard,
) -> Enrolment:
    """What becomes of every file; nothing is written. Raises PackError, EngineError.

    ``settle`` says what the workers compute with: all templates come from the same arithmetic;
    ``tell`` hears which machines have another, and what the work waits for.
    """
    order = replace(order, config=sized_here(order.config, len(listing.images)))
    basis = basis_of(order, pack_of(order.home, order.config), settle, tell)
    before = load_compared(folder_here(order.home), order.gallery)
    with closing(enrol_images(order, run, listing.images, basis, tell)) as outcomes:
        enrolment = collect(
            chain(listing.not_enrolled, _noting(outcomes, on_outcome)),
            listing.subjects,
            order.config.enrol,
            before.of if before else lambda _: None,
            compare_here(basis.settled.device),
        )
    return replace(enrolment, made_with=made_with(order.config, order.pick, basis.settled))


def basis_of(order: EnrolOrder, pack: Pack, settle: Settle, tell: Tell) -> Basis:
    """Raises PackError, EngineError, and what stands against using the pack."""
    require_permitted_use(pack.manifest, order.licence_statement)
    agreed = settle(order.home, order.config, "enrol")
    for sentence in agreed.said:
        tell(sentence)
    return Basis(agreed.settled, planned_with(pack), pack.manifest)


def compare_here(device: Device) -> Compare:
    """Templates that are computed on a GPU are compared on one, if this process has one, too."""
    if device == "cpu" or not cuda_is_usable():
        return on_processors
    from lfr_batch.gallery.card_pairs import on_best  # noqa: PLC0415 - slow import

    return on_best(gallery_bytes(cuda.memory_bytes(), gpu_share=1.0))


def publish(
    order: EnrolOrder, listing: Listing, enrolment: Enrolment, now: datetime
) -> SnapshotInfo:
    """Make it the gallery's current snapshot. Raises UsageError, GalleryEmpty, StoreError."""
    pack = pack_of(order.home, order.config)
    limits = PairLimits(order.config.enrol.duplicate_score, order.config.enrol.same_picture_score)
    content = SnapshotContent(
        pack_id=pack.manifest.pack_id,
        pack_identity=pack.manifest.identity,
        faces=enrolment.faces,
        not_enrolled=enrolment.not_enrolled,
        subjects=listing.subjects,
        case_ref=order.authority.case_ref,
        authority=order.authority.authority,
        created_utc=now,
        compared=(enrolment.close_pairs, limits),
        made_with=enrolment.made_with,
        ages=listing.ages,
        accepts_children=order.ages.accept_children,
    )
    s3 = order.config.s3
    with changed_gallery(order.home, order.gallery, s3, shared_files) as folder:
        info = publish_snapshot(folder, order.gallery, content)
    note_enrolment(order.home, order.authority, "enrol", info, s3)
    here = snapshot_at_hand(order.home, order.gallery, info.snapshot_id, s3)
    return replace(info, path=here / info.path.relative_to(folder))


def pack_of(home: Home, config: Config) -> Pack:
    return load_pack(pack_at_hand(home, config.pack, config.s3), config.pack)


def enrol_images(
    order: EnrolOrder, run: Runner, images: Sequence[EnrolmentImage], basis: Basis, tell: Tell
) -> Generator[EnrolmentOutcome]:
    made = basis.settled, basis.planned, basis.pack.identity
    spec = EnrolSpec(order.home, order.config, order.pick, *made)
    return run_with_attempts(run, _ENROLLING, spec, images, spec.together, tell)


def open_enrolment_worker(spec: EnrolSpec) -> Callable[[EnrolmentImage], EnrolmentOutcome]:
    protect_files()
    threads = spec.config.engine.threads
    share = max(1, threads // spec.together)
    cv2.setNumThreads(share)
    require_software(spec.planned)
    newest = pack_of(spec.home, spec.config)
    pack = newest.as_for(spec.pack_identity) or newest  # whatever differs is refused
    require_same(spec.planned, planned_with(pack), pack, gallery="")
    require_obeyed(spec.settled, spec.config.engine.gpu_share)
    lend: Lend[EnrolStages]
    if spec.together == 1 or spec.settled.device == "cuda":
        lend = for_all(open_enrol_stages(pack, spec.config, threads, spec.settled))
    else:
        opened = partial(open_enrol_stages, pack, spec.config, share, spec.settled)
        lend = for_each(opened(), opened)

    def process(image: EnrolmentImage) -> EnrolmentOutcome:
        try:
            data = read_picture(image.uri, spec.config)
            pictures = len(check_still(image.uri, data).pages)
            picture = decode_still(image.uri, data)
        except StoreAway:
            raise
        except (FootageError, StoreError) as error:
            why = str(error).removeprefix(f"{image.uri} ")
            return FileOutcome(image.subject_id, image.uri, f"unreadable: {why}")
        sha256 = hashlib.sha256(data).hexdigest()
        with lend() as stages:
            outcome = enrol_picture(image, picture, sha256, stages, spec.config, spec.pick)
        outcome = _dated(outcome, data)
        return outcome if pictures == 1 else _of_several(outcome, picture.picture, pictures)

    return process


_REASONS: Mapping[Why, str] = {
    "died": "its worker died twice",
    "limit": "unreadable: {said}",
    "beside": "its worker died twice",
    "node": "its machine was lost time and again",
    "store": "unreadable: {said}",
}

_ENROLLING: WorkKind[EnrolSpec, EnrolmentImage, EnrolmentOutcome] = WorkKind(
    open_enrolment_worker,
    item_key=lambda image: (image.subject_id, image.uri),
    result_key=lambda outcome: (outcome.subject_id, outcome.uri),
    again=lambda image, _: image,
    give_up=lambda image, lost: FileOutcome(
        image.subject_id, image.uri, _REASONS[lost.why].format(said=lost.said)
    ),
    is_short=lambda _: True,
)


def read_picture(uri: str, config: Config) -> bytes:
    try:
        return read_still(source_of(uri, config.s3))
    except OSError as error:
        raise unreadable(uri, error) from error


def _dated(outcome: EnrolmentOutcome, data: bytes) -> EnrolmentOutcome:
    """With the camera's word on the day, where the operator's table has none."""
    if not isinstance(outcome, EnrolledFace) or outcome.taken:
        return outcome
    day = taken_on(data)
    return replace(outcome, taken=day.isoformat()) if day else outcome


def _of_several(outcome: EnrolmentOutcome, number: int, pictures: int) -> EnrolmentOutcome:
    """With a word that the file holds others, which were not looked at."""
    said = f"picture {number} of {pictures} in the file, the only one looked at"
    if isinstance(outcome, EnrolledFace):
        return replace(outcome, note="; ".join(filter(None, (outcome.note, said))))
    reason, _, particulars = outcome.reason.partition(": ")
    return replace(outcome, reason=f"{reason}: {'; '.join(filter(None, (particulars, said)))}")


def enrol_picture(
    image: EnrolmentImage,
    picture: StillFrame,
    sha256: str,
    stages: EnrolStages,
    config: Config,
    pick: Pick | None = None,
) -> EnrolmentOutcome:
    """The template of the person a picture is of, or the reason why there is none."""
    faces = detect_in_still(stages.exact_detector, picture, config.detect.still_long_sides_px)
    like = config.enrol.like_size
    chosen = choose_face(faces, picture.size_wh, image.box_xyxy, pick, like)
    which = chosen.which
    if which is None:
        return FileOutcome(image.subject_id, image.uri, chosen.reason, chosen.outcome)
    graded = grade(picture, _only(faces, which), enrolment_limits(config))
    view = graded.views[0]
    if view is None or not graded.accepted:
        return FileOutcome(image.subject_id, image.uri, graded.reasons[0])
    left, top, right, bottom = (float(x) for x in faces.boxes_xyxy[which])
    landmarks = look_upright([view], [view.landmarks_xy], stages.exact_detector)
    aligned = stages.embedder.aligned([view], landmarks)
    return EnrolledFace(
        image_id=image_id_of(image.subject_id, sha256),
        subject_id=image.subject_id,
        uri=image.uri,
        sha256=sha256,
        template=stages.embedder.embed(*aligned)[0],
        quality=float(graded.quality[0]),
        box_xyxy=(left, top, right, bottom),
        thumbnail_jpeg=encode_jpeg(evidence(cut_view(picture, faces, which))),
        note=chosen.reason,
        measured=picture_quality(
            view, faces, which, picture.size_wh, sharpness_of(aligned_bgr(view))
        ),
        taken=image.taken,
        age_y=image.age_y,
    )


def enrolment_limits(config: Config) -> QualityConfig:
    """A gallery picture is held to the probe's limits, and to a larger and sharper face."""
    own = config.enrol
    stricter = {"min_face_px": own.min_face_px, "min_sharpness": own.min_sharpness}
    return config.quality.model_copy(update=stricter)


def _only(faces: FaceBatch, which: int) -> FaceBatch:
    return faces.take(np.array([which]))


def _noting(
    outcomes: Iterable[EnrolmentOutcome], on_outcome: Callable[[EnrolmentOutcome], None]
) -> Iterator[EnrolmentOutcome]:
    for outcome in outcomes:
        on_outcome(outcome)
        yield outcome
