"""A gallery grows: new pictures alone are looked at, all else is taken over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.config.schema import Config
from lfr_batch.enrolment.intake import (
    Basis,
    EnrolmentOutcome,
    EnrolOrder,
    basis_of,
    compare_here,
    enrol_images,
    pack_of,
    read_picture,
)
from lfr_batch.enrolment.made_with import differing, made_with
from lfr_batch.enrolment.noted import note_enrolment
from lfr_batch.enrolment.reuse import (
    BaseColumns,
    Reused,
    Settling,
    find_known,
    outcomes_after,
    renamed_faces,
    settle_rows,
    subjects_with,
)
from lfr_batch.errors import FootageError, GalleryMismatch, StoreAway, StoreError, UsageError
from lfr_batch.gallery.close_pairs import ClosePairs, PairLimits
from lfr_batch.gallery.compared import read_pairs
from lfr_batch.gallery.derivation import kept_sentence, pack_for
from lfr_batch.gallery.enrolment import count_reasons, in_row_order
from lfr_batch.gallery.growing import publish_grown
from lfr_batch.gallery.growth import Grown, GrownRows, grown_rows, grown_subjects
from lfr_batch.gallery.minors import worst_of
from lfr_batch.gallery.new_pairs import base_faces, compare_new, new_duplicates
from lfr_batch.gallery.parquet_tables import subject_table
from lfr_batch.gallery.records import (
    EnrolledFace,
    Enrolment,
    EnrolmentImage,
    EnrolmentReport,
    FileOutcome,
    Listing,
    Snapshot,
    SnapshotInfo,
    Subject,
)
from lfr_batch.gallery.snapshot_files import (
    read_faces,
    read_outcomes,
    read_subject_table,
    shared_files,
)
from lfr_batch.gallery.store import load_snapshot, read_subjects_of
from lfr_batch.homes.at_hand import snapshot_at_hand
from lfr_batch.homes.change import changed_gallery
from lfr_batch.recognition.settle import Settle, agree_here
from lfr_batch.work.attempts import Runner, Tell, unheard
from lfr_batch.work.machine import sized_here

READERS = 4
"""Pictures that are read at once to see whether they are known."""


@dataclass(frozen=True, slots=True)
class GrowOrder:
    """What the operator asked for."""

    order: EnrolOrder
    is_all: bool
    """The pictures are all there are to be: what the gallery has beside them goes."""


@dataclass(frozen=True, slots=True)
class OpenedGallery:
    """The gallery as it is, and what of the pictures it has already."""

    base: Snapshot
    columns: BaseColumns
    reused: Reused
    basis: Basis


@dataclass(frozen=True, slots=True)
class SubjectsAfter:
    """Who is in the gallery afterwards, and what is said of them."""

    table: pa.Table
    said: Mapping[str, Subject]
    """Those who are new, or of whom something else is said."""
    new: frozenset[str]
    """Of these."""
    gone: tuple[str, ...]
    """Who leaves, with all that was said of them; sorted."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What is to become of a gallery; nothing is written yet."""

    grown: Grown
    enrolment: Enrolment
    """Of the new pictures."""
    added: int
    """Pictures."""
    changed: int
    """Pictures whose file has other bytes, another name or another face now."""
    removed: int
    unchanged: int
    subjects: SubjectsAfter
    compared: tuple[ClosePairs, PairLimits] | None
    """All close pairs, where those of before are known."""

    @property
    def subjects_changed(self) -> int:
        """Subjects that are new or gone, or of whom something else is said."""
        return len(self.subjects.said) + len(self.subjects.gone)


def open_gallery(
    asked: GrowOrder, listing: Listing, settle: Settle = agree_here, tell: Tell = unheard
) -> OpenedGallery:
    """Raises GalleryNotFound, GalleryDamaged; GalleryMismatch where the gallery's pictures were
    enrolled with other models or settings; UsageError for a picture that cannot be read and that
    would have to be removed for it.
    """
    order = asked.order
    here = snapshot_at_hand(order.home, order.gallery, None, order.config.s3)
    base = load_snapshot(here, order.gallery)
    newest = pack_of(order.home, order.config)
    pack = pack_for(base, newest)
    if kept := kept_sentence(base, newest, pack):
        tell(kept)
    basis = basis_of(order, pack, settle, tell)
    _require_same_settings(base, made_with(order.config, order.pick, basis.settled))
    faces = read_faces(base.parts, base.places, ("uri", "note"))
    columns = BaseColumns(base.subject_ids, base.image_ids, faces["uri"], faces["note"])
    pictures = list(zip(listing.images, _hashes(listing.images, order.config), strict=True))
    if asked.is_all:
        _require_readable(columns, pictures)
    return OpenedGallery(base, columns, find_known(columns, pictures), basis)


def _require_same_settings(base: Snapshot, now: str) -> None:
    anew = f"enrol all of them once more with `lfr gallery enrol {base.name}`."
    if not base.made_with:
        raise GalleryMismatch(
            f"The pictures of gallery {base.name!r} were enrolled by a version that did not write "
            f"down with which settings; {anew}"
        )
    others = differing(base.made_with, now)
    if others:
        raise GalleryMismatch(
            f"The pictures of gallery {base.name!r} were enrolled with other settings "
            f"({', '.join(others)}): give the same, or {anew}"
        )


def _require_readable(
    columns: BaseColumns, pictures: Sequence[tuple[EnrolmentImage, str | None]]
) -> None:
    unread = {(image.subject_id, image.uri) for image, sha256 in pictures if sha256 is None}
    if not unread:
        return
    uris = zip(columns.subject_ids, columns.uris.to_pylist(), strict=True)
    there = sorted(uri for whose, uri in uris if (whose, uri) in unread)
    if there:
        raise UsageError(
            f"{len(there)} of the gallery's pictures cannot be read now ({there[0]}, …), and would "
            "be removed for it: mend that, or leave them out on purpose with --exclude."
        )


def _hashes(images: Sequence[EnrolmentImage], config: Config) -> Iterator[str | None]:
    def sha256(image: EnrolmentImage) -> str | None:
        try:
            return hashlib.sha256(read_picture(image.uri, config)).hexdigest()
        except StoreAway:
            raise
        except (FootageError, StoreError):
            return None  # whoever examines it says why

    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(sha256, images)


def examine_new(
    asked: GrowOrder,
    listing: Listing,
    opened: OpenedGallery,
    run: Runner,
    on_outcome: Callable[[EnrolmentOutcome], None],
    tell: Tell = unheard,
) -> Growth:
    """Look at what the gallery does not have; nothing is written."""
    outcomes: list[EnrolmentOutcome] = []
    if opened.reused.unknown:
        images = opened.reused.unknown
        order = replace(asked.order, config=sized_here(asked.order.config, len(images)))
        with closing(enrol_images(order, run, images, opened.basis, tell)) as examined:
            for outcome in examined:
                on_outcome(outcome)
                outcomes.append(outcome)
    return gather(asked, listing, opened, outcomes)


def gather(
    asked: GrowOrder, listing: Listing, opened: OpenedGallery, outcomes: Sequence[EnrolmentOutcome]
) -> Growth:
    """What the gallery becomes with these outcomes of what it did not have."""
    base, order = opened.base, asked.order
    new = [outcome for outcome in outcomes if isinstance(outcome, EnrolledFace)]
    settling = settle_rows(opened.columns, opened.reused, new, is_all=asked.is_all)
    faces = in_row_order([*settling.faces, *_renamed(base, settling)])
    refused = [outcome for outcome in outcomes if isinstance(outcome, FileOutcome)]
    now = [*listing.not_enrolled, *refused, *settling.repeated]
    subjects = subjects_after(asked, listing, base)
    grown = Grown(
        base=base,
        kept=settling.kept,
        faces=faces,
        not_enrolled=outcomes_after(
            () if asked.is_all else read_outcomes(base.path),
            (image.uri for image in listing.images),
            now,
        ),
        subjects=subjects.table,
        case_ref=order.authority.case_ref,
        authority=order.authority.authority,
        created_utc=datetime.min,
        ages=worst_of((base.ages, listing.ages)) if opened.reused.unknown else base.ages,
        accepts_children=base.accepts_children or order.ages.accept_children,
    )
    rows = grown_rows(base, settling.kept, faces)
    limits = PairLimits(order.config.enrol.duplicate_score, order.config.enrol.same_picture_score)
    same_as = _same_as(opened.columns, settling, rows, faces)
    compare = compare_here(opened.basis.settled.device)
    before = read_pairs(base.path)
    pairs, complete = compare_new(base, rows, same_as, before, limits, compare)
    fresh = np.flatnonzero(same_as < 0)
    wanted = {*listing.subjects, *(file.subject_id for file in now if file.outcome == "refused")}
    enrolled = {*rows.subject_ids} if asked.is_all else {*_enrolled(rows, wanted)}
    report = EnrolmentReport(
        enrolled=len(settling.faces),
        subjects=len({face.subject_id for face in settling.faces}),
        refused=count_reasons(file for file in now if file.outcome == "refused"),
        duplicates=new_duplicates(base, rows, faces, fresh, pairs, limits),
        subjects_without_template=tuple(sorted(wanted - enrolled)),
    )
    return Growth(
        grown=grown,
        enrolment=Enrolment(settling.faces, tuple(sorted(now, key=_by_uri)), report),
        added=settling.added,
        changed=settling.changed,
        removed=len(settling.removed),
        unchanged=len(settling.kept),
        subjects=subjects,
        compared=(pairs, limits) if complete else None,
    )


def _by_uri(file: FileOutcome) -> tuple[str, str]:
    return file.subject_id, file.uri


def _renamed(base: Snapshot, settling: Settling) -> list[EnrolledFace]:
    rows = np.array(sorted(settling.renamed), np.int64)
    uris = [settling.renamed[row] for row in rows.tolist()]
    return renamed_faces(base_faces(base, rows), uris)


def _enrolled(rows: GrownRows, wanted: Collection[str]) -> Iterator[str]:
    """Those of them who have a template."""
    return (subject_id for subject_id in rows.subject_ids if subject_id in wanted)


def _same_as(
    columns: BaseColumns, settling: Settling, rows: GrownRows, faces: Sequence[EnrolledFace]
) -> np.ndarray:
    """See ``compare_new``: also a picture that has another name now was compared before."""
    of_face = np.full(len(faces), -1, np.int64)
    keys = {columns.key(row): row for row in settling.renamed}
    for number, face in enumerate(faces):
        of_face[number] = keys.get((face.subject_id, face.image_id), -1)
    return np.concatenate([np.arange(len(columns)), of_face])[rows.sources]


def subjects_after(asked: GrowOrder, listing: Listing, base: Snapshot) -> SubjectsAfter:
    table, given = read_subject_table(base.subjects_path), listing.subjects
    before = read_subjects_of(base, given)
    if asked.is_all and asked.order.subjects_csv is not None:
        said = {whose: each for whose, each in given.items() if before.get(whose) != each}
    else:
        said = subjects_with(given, before)
    gone: list[str] = []
    if asked.is_all:
        stay = pc.is_in(table["subject_id"], pa.array(list(given), pa.string()))
        gone = table["subject_id"].filter(pc.invert(stay)).to_pylist()
    grown = grown_subjects(table, subject_table(said.values()), given if asked.is_all else None)
    return SubjectsAfter(grown, said, frozenset(said) - frozenset(before), tuple(sorted(gone)))


def publish_growth(asked: GrowOrder, growth: Growth, now: datetime) -> SnapshotInfo:
    """Make it the gallery's current snapshot. Raises GalleryEmpty, GalleryError, StoreError."""
    order, grown = asked.order, replace(growth.grown, created_utc=now)
    with changed_gallery(order.home, order.gallery, order.config.s3, shared_files) as folder:
        base = load_snapshot(folder, order.gallery, grown.base.snapshot_id, verify=False)
        info = publish_grown(folder, order.gallery, replace(grown, base=base), growth.compared)
    verb: Literal["sync", "add"] = "sync" if asked.is_all else "add"
    note_enrolment(order.home, order.authority, verb, info, order.config.s3)
    here = snapshot_at_hand(order.home, order.gallery, info.snapshot_id, order.config.s3)
    return replace(info, path=here / info.path.relative_to(folder))
