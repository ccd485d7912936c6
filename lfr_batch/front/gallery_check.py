"""A gallery looked through on request; nothing is written, and nobody is decided about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from lfr_batch.config.schema import Config
from lfr_batch.enrolment.intake import EnrolOrder, examine, pack_of
from lfr_batch.errors import ConfigError, GalleryEmpty, GalleryError
from lfr_batch.faces.quality_components import COMPONENTS
from lfr_batch.front.enrolment import with_engine
from lfr_batch.front.listeners import NOBODY_ENROLLING, EnrolListener
from lfr_batch.front.machinery import CONFIGURED, Machinery, alone_on_ray
from lfr_batch.front.settings import Settings
from lfr_batch.front.stated import require_stated
from lfr_batch.gallery import health
from lfr_batch.gallery.arrow_strings import ArrowStrings
from lfr_batch.gallery.attraction import Attracted, Probes, attracted, sample_rows
from lfr_batch.gallery.compared import read_pairs
from lfr_batch.gallery.derivation import pack_for
from lfr_batch.gallery.deriving import derive
from lfr_batch.gallery.exact_scores import Rows
from lfr_batch.gallery.fit import own_fit
from lfr_batch.gallery.growth import number_rows
from lfr_batch.gallery.health import GalleryHealth, HealthLimits, MeasuredPictures
from lfr_batch.gallery.images import read_images
from lfr_batch.gallery.minors import Minors, minors_of
from lfr_batch.gallery.quality_columns import TAKEN
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.reviews import Reviews, reviews_of
from lfr_batch.gallery.snapshot_files import read_faces, read_faces_at, read_subject_table
from lfr_batch.gallery.store import list_galleries, load_snapshot, require_pack
from lfr_batch.gallery.thresholds import required_fmr
from lfr_batch.homes.at_hand import manifests_at_hand, snapshot_at_hand
from lfr_batch.models.manifest import PackManifest
from lfr_batch.oversight.authority import Authority
from lfr_batch.records import FloatArray
from lfr_batch.work.privacy import protect_files

OLD_Y = 10.0
SHOWN_WORST = 10
"""Pictures that fit their subject worst, or bring up most, however well they do."""
OWN = "the gallery's own other subjects"


@dataclass(frozen=True, slots=True)
class CheckedGallery:
    snapshot: Snapshot
    health: GalleryHealth
    minors: Minors
    reviews: Reviews
    today: date
    files: dict[int, str] = field(default_factory=dict)
    """Row to the picture's uri, of the pictures that are named."""

    @property
    def asks_for_a_look(self) -> bool:
        """Whether there is anything for a person to look at."""
        return bool(self.health.worth or self.minors.under_18 or self.reviews.overdue)


@dataclass(frozen=True, slots=True)
class Cohort:
    """People who are compared with the gallery's pictures."""

    said: str
    probes: Probes
    name_of: Callable[[int], str]
    """Of an owner."""


def check_gallery(
    gallery: str,
    *,
    cohort: str | Path | None = None,
    stated: Authority | None = None,
    licence: str | None = None,
    older_than_y: float = OLD_Y,
    settings: Settings | None = None,
    listener: EnrolListener = NOBODY_ENROLLING,
    machinery: Machinery = CONFIGURED,
    today: date | None = None,
) -> CheckedGallery:
    """Which of a gallery's pictures are worth a second look: quality, fit, false candidates, age.

    The threshold is that of cosines; ``enrol.duplicate_score`` where the pack has none.

    ``cohort``: people who are not in it, to see whom its pictures bring up: another gallery's name,
    or a folder or s3:// of pictures, which are looked at as for an enrolment and kept nowhere; None
    takes the gallery's own other subjects. A folder needs ``stated``. Nothing is written.

    Raises AuthorityError, ConfigError, UsageError, PackError, GalleryError, EngineError.
    """
    settings = settings or Settings()
    config, home = settings.config(), settings.home_place
    protect_files()
    snapshot = load_snapshot(snapshot_at_hand(home, gallery, None, config.s3), gallery)
    pack = pack_for(snapshot, pack_of(home, config))
    limits, fmr = _limits(config, pack.manifest, snapshot, older_than_y)
    subjects = _numbered(snapshot)
    people = _own_people(snapshot, subjects)
    if cohort is not None:
        look = _Look(settings, config, stated, licence, listener, machinery)
        people = _cohort(str(cohort), snapshot, look)
    when = today or datetime.now(UTC).date()
    looked = _looked(snapshot, subjects, people, limits, fmr, when)
    table = read_subject_table(snapshot.subjects_path)
    named = [each.row for each in (*looked.worth, *looked.worst_fits, *looked.attracting)]
    return CheckedGallery(
        snapshot,
        looked,
        minors_of(table, snapshot.subject_ids, when),
        reviews_of(table, when),
        when,
        files_of_rows(snapshot, named),
    )


def _limits(
    config: Config, manifest: PackManifest, snapshot: Snapshot, older_than_y: float
) -> tuple[HealthLimits, float]:
    """And the FMR that the threshold is for. Raises ConfigError."""
    decide, same = config.decide, config.enrol.duplicate_score
    # Pictures are looked at one by one, so it is their cosines that count.
    given = None if decide.score == "relative" else decide.threshold
    cosines = decide.model_copy(update={"score": "cosine", "threshold": given})
    try:
        choice = derive(cosines, manifest, snapshot)
    except ConfigError:
        if manifest.calibration:
            raise
        fmr = required_fmr(decide.target_fpir, len(snapshot.subject_ids))
        return HealthLimits(same, same, older_than_y, is_calibrated=False), fmr
    return HealthLimits(choice.value, same, older_than_y), choice.fmr


def files_of_rows(snapshot: Snapshot, rows: Sequence[int]) -> dict[int, str]:
    """Their pictures' uris."""
    wanted = np.unique(np.array(rows, np.int64))
    if not len(wanted):
        return {}
    places = snapshot.places[wanted]
    uris = read_faces_at(snapshot.parts, places, ("uri",))["uri"].to_pylist()
    by_place = dict(zip(np.sort(places).tolist(), uris, strict=True))
    return {
        row: by_place[place] for row, place in zip(wanted.tolist(), places.tolist(), strict=True)
    }


def components_of_rows(snapshot: Snapshot) -> pa.Table:
    """The components of every picture, in the order of its rows."""
    names = [each.name for each in COMPONENTS]
    return read_faces(snapshot.parts, snapshot.places, (*names, TAKEN, "uri"))


def _looked(
    snapshot: Snapshot,
    subjects: Rows,
    cohort: Cohort,
    limits: HealthLimits,
    fmr: float,
    today: date,
) -> GalleryHealth:
    size = len(subjects)
    found = attracted(snapshot.templates, subjects, cohort.probes, limits.threshold)
    people = found.people_of(cohort.probes.owners, size)
    own = own_fit(snapshot.templates, subjects)
    is_own = cohort.said == OWN
    of = cohort.probes.people - is_own
    rivals, rows = _rivals(snapshot, subjects, found, cohort, own.best < limits.threshold)
    best, other = health.best_of_rows(rivals, rows, size)
    if kept := read_pairs(snapshot.path):
        best, other = health.with_pairs(best, other, subjects, kept[0])
    looks, is_measured = health.quality_looks(components_of_rows(snapshot))
    table = read_faces(snapshot.parts, snapshot.places, (TAKEN,))
    measured = MeasuredPictures(
        people=people,
        lambs=health.lambs_of(people, subjects, of, fmr),
        own=own,
        best_other=best,
        other_rows=other,
        looks=looks,
        is_measured=is_measured,
        years=health.years_since(table, today),
    )
    faulty = health.faults_of(measured, limits)
    worth = health.pictures_of(snapshot, measured, faulty)
    attracting = health.most_attracting(snapshot, measured, faulty, SHOWN_WORST)
    return GalleryHealth(
        gallery=snapshot.name,
        snapshot_id=snapshot.snapshot_id,
        pictures=size,
        subjects=int(subjects[-1]) + 1,
        limits=limits,
        fmr=fmr,
        cohort=cohort.said,
        cohort_people=of,
        cohort_pictures=len(cohort.probes.owners),
        sampled=cohort.probes.sampled,
        brought_up=int(people.sum()),
        worth=tuple(worth),
        worst_fits=tuple(health.worst_fits(snapshot, measured, faulty, subjects, SHOWN_WORST)),
        attracting=tuple(attracting),
        strangers={
            each.row: health.strangers_of(found, each.row, cohort.probes, cohort.name_of)
            for each in (*attracting, *worth)
            if each.people
        },
        not_measured=int((~is_measured).sum()),
    )


def _rivals(
    snapshot: Snapshot, subjects: Rows, found: Attracted, cohort: Cohort, misfits: np.ndarray
) -> tuple[Attracted, Rows]:
    """Which other subject a picture fits best, and of which rows that was asked: of all where all
    were compared, else of those that do not fit their own."""
    if cohort.said == OWN and not cohort.probes.sampled:
        return found, np.arange(len(subjects))
    rows, _ = sample_rows(len(subjects), len(subjects))
    if len(rows) < len(subjects):
        rows = np.flatnonzero(misfits)[: len(rows)]
    own = Probes(_taken(snapshot, rows), subjects[rows], sampled=False)
    return attracted(snapshot.templates, subjects, own, np.inf), rows


def _own_people(snapshot: Snapshot, subjects: Rows) -> Cohort:
    rows, sampled = sample_rows(len(subjects), len(subjects))
    first = np.unique(subjects, return_index=True)[1]
    probes = Probes(_taken(snapshot, rows), subjects[rows], sampled)
    return Cohort(OWN, probes, lambda owner: snapshot.subject_ids[int(first[owner])])


def _taken(snapshot: Snapshot, rows: Rows) -> FloatArray:
    return np.asarray(snapshot.templates[rows], np.float32)


def _numbered(snapshot: Snapshot) -> Rows:
    """(n,) the same number for the rows of one subject, from 0."""
    ids = snapshot.subject_ids
    assert isinstance(ids, ArrowStrings), "what is loaded is mapped"
    return number_rows(ids)


@dataclass(frozen=True, slots=True)
class _Look:
    """What pictures of a cohort are looked at with."""

    settings: Settings
    config: Config
    stated: Authority | None
    licence: str | None
    listener: EnrolListener
    machinery: Machinery


def _cohort(asked: str, snapshot: Snapshot, look: _Look) -> Cohort:
    home, s3 = look.settings.home_place, look.config.s3
    if asked in {info.name for info in list_galleries(manifests_at_hand(home, s3))}:
        other = load_snapshot(snapshot_at_hand(home, asked, None, s3), asked)
        require_pack(other, snapshot.pack_identity, snapshot.pack_id)
        rows, sampled = sample_rows(len(snapshot.templates), len(other.templates))
        ids = [other.subject_ids[row] for row in rows.tolist()]
        return _strangers(
            f"the people of gallery {asked}", ids, _taken(other, rows), snapshot, sampled=sampled
        )
    if not asked.startswith("s3://") and not Path(asked).is_dir():
        raise GalleryError(f"{asked} is no gallery and no folder of pictures; give one of the two.")
    ids, templates = _looked_at(asked, look)
    if not ids:
        raise GalleryEmpty(f"None of the pictures of {asked} gave a template; give others.")
    rows, sampled = sample_rows(len(snapshot.templates), len(ids))
    ids = [ids[row] for row in rows.tolist()]
    return _strangers(f"the people of {asked}", ids, templates[rows], snapshot, sampled=sampled)


def _looked_at(folder: str, look: _Look) -> tuple[list[str], FloatArray]:
    """Templates of a folder's pictures, by the enrolment's own path; they are kept nowhere."""
    stated = require_stated(look.stated or Authority("", "", "", ""), needs_purpose=False)
    where = folder if folder.startswith("s3://") else Path(folder)
    listing = read_images(where, None, (), look.config.s3)
    wanted = len(listing.images)
    chosen = look.settings.chosen("engine.kind")
    config = with_engine(look.config, wanted, look.machinery, chosen=chosen)
    order = EnrolOrder(
        "cohort", where, None, (), stated, look.licence, config, look.settings.home_place, "largest"
    )
    said = look.listener.said
    with (
        alone_on_ray(config.engine),
        look.machinery.open(config.engine, said) as run,
        look.listener.examining(wanted) as count,
    ):
        found = examine(
            replace(order), listing, run, lambda _: count(), look.machinery.settle, said
        )
    faces = found.faces
    return [face.subject_id for face in faces], np.stack([face.template for face in faces])


def _strangers(
    said: str, ids: Sequence[str], templates: FloatArray, snapshot: Snapshot, *, sampled: bool
) -> Cohort:
    """Owners are numbered beyond the gallery's subjects: nobody is taken for one of them."""
    beyond = len(snapshot.subject_ids)
    names, owners = np.unique(np.array(ids, object), return_inverse=True)
    probes = Probes(np.asarray(templates, np.float32), owners.astype(np.int64) + beyond, sampled)
    return Cohort(said, probes, lambda owner: str(names[owner - beyond]))
