"""A calibration: people who are certainly not enrolled are searched for, and say from where on a
score is rare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lfr_batch.config.schema import Config
from lfr_batch.engine.table import Engines
from lfr_batch.enrolment.noted import note_enrolment
from lfr_batch.errors import ConfigError, UsageError
from lfr_batch.evaluation.outcomes import ProbeItem
from lfr_batch.evaluation.probes import BELOW_ALL, EvaluationSpec
from lfr_batch.evaluation.strangers import (
    BestScore,
    best_scores,
    people_in,
    suspects_among,
    values_of,
)
from lfr_batch.footage.segments import plan_segments
from lfr_batch.footage.sources import list_footage
from lfr_batch.front.enrolment import with_engine
from lfr_batch.front.listeners import NOBODY_ENROLLING, EnrolListener
from lfr_batch.front.machinery import CONFIGURED, Machinery, alone_on_ray
from lfr_batch.front.places import from_anywhere
from lfr_batch.front.searching import searched
from lfr_batch.front.settings import Settings
from lfr_batch.front.stated import require_stated
from lfr_batch.gallery.calibrated import (
    FEWEST,
    Strangers,
    curve_of,
    drop_strangers,
    keep_strangers,
    text_of,
)
from lfr_batch.gallery.derivation import pack_for
from lfr_batch.gallery.deriving import derive
from lfr_batch.gallery.folders import gallery_folder, snapshot_path
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.relative import LEAST_SUBJECTS, ScoreKind
from lfr_batch.gallery.snapshot_files import read_manifest
from lfr_batch.gallery.store import digests_of, info_of, load_snapshot
from lfr_batch.gallery.thresholds import ThresholdChoice
from lfr_batch.homes.at_hand import pack_at_hand, snapshot_at_hand
from lfr_batch.homes.change import publish_note, withdraw_note
from lfr_batch.models.licence import require_permitted_use
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.oversight.authority import Authority
from lfr_batch.recognition.planned import planned_with
from lfr_batch.recognition.search import SearchSpec
from lfr_batch.recognition.settle import obeying
from lfr_batch.records import FootageAsset, FootageEntry
from lfr_batch.scanning.probing import Numbered, probe_all
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.locks import exclusive
from lfr_batch.work.privacy import protect_files

KEY = "calibration"
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Calibrated:
    gallery: str
    strangers: Strangers
    before: ThresholdChoice | None
    """None where no threshold followed from anything."""
    choice: ThresholdChoice | None
    highest: tuple[tuple[str, float], ...]
    """Files of the strangers who score most, and what: somebody may be enrolled after all."""
    not_compared: int
    """Files without a face that could be compared."""


@dataclass(frozen=True, slots=True)
class Uncalibrated:
    gallery: str
    snapshot_id: str
    before: ThresholdChoice | None
    """None where no threshold followed from anything."""
    choice: ThresholdChoice | None


@dataclass(frozen=True, slots=True)
class _Course:
    gallery: str
    stated: Authority
    settings: Settings
    config: Config
    pack: Pack
    snapshot: Snapshot
    listener: EnrolListener
    machinery: Machinery


def calibrate(
    gallery: str,
    impostors: Sequence[str],
    stated: Authority,
    *,
    licence: str | None = None,
    accept_suspects: bool = False,
    settings: Settings | None = None,
    listener: EnrolListener = NOBODY_ENROLLING,
    machinery: Machinery = CONFIGURED,
) -> Calibrated:
    """Derive a gallery's thresholds from people who are certainly not in it.

    ``impostors``: pictures and footage of them, as ``lfr scan`` takes its inputs. Kept are a few
    points of a curve beside the current snapshot; no template, picture or name. Files of one
    content count once. ``accept_suspects``: who scores as if enrolled is not. ``stated`` needs no
    purpose.

    Raises AuthorityError, ConfigError, UsageError where too few can be compared, PackError,
    GalleryError, EngineError, StoreError.
    """
    protect_files()
    settings, stated = settings or Settings(), require_stated(stated, needs_purpose=False)
    config = settings.config()
    listed = list_footage([from_anywhere(place) for place in impostors], config.s3)
    chosen = settings.chosen("engine.kind")
    sized = with_engine(config, len(listed.entries), machinery, chosen=chosen)
    course = _course(gallery, stated, settings, sized, listener, machinery)
    require_permitted_use(course.pack.manifest, licence)
    kind, before = _kind(course), _derived(course)
    assets, found = _searched(course, listed.entries, kind)
    if not accept_suspects:
        _require_strangers(course, assets, found, before)
    strangers = _strangers(course, assets, found, kind)
    _keep(course, strangers)
    lost = len(assets) - len({each.file for each in found})
    return Calibrated(gallery, strangers, before, _derived(course), _highest(assets, found), lost)


def uncalibrate(
    gallery: str, stated: Authority, *, settings: Settings | None = None
) -> Uncalibrated:
    """Take back what strangers say of a gallery's current snapshot: its thresholds follow again
    from its own people, or from the pack. On record like a calibration. ``stated`` needs no
    purpose.

    Raises AuthorityError, ConfigError, UsageError where it is not calibrated, PackError,
    GalleryError, StoreError.
    """
    protect_files()
    settings, stated = settings or Settings(), require_stated(stated, needs_purpose=False)
    config = settings.config()
    course = _course(gallery, stated, settings, config, NOBODY_ENROLLING, CONFIGURED)
    before = _derived(course)
    with _locked_snapshot(course) as snapshot:
        note = drop_strangers(snapshot)
        if note is None:
            raise UsageError(
                f"Gallery {gallery!r} is not calibrated on strangers: there is nothing to undo."
            )
    home = settings.home_place
    if isinstance(home, str):
        withdraw_note(home, gallery, note, config.s3)
    note_enrolment(home, stated, "uncalibrate", info_of(gallery, snapshot), config.s3)
    return Uncalibrated(gallery, snapshot.name, before, _derived(course))


def _course(
    gallery: str,
    stated: Authority,
    settings: Settings,
    config: Config,
    listener: EnrolListener,
    machinery: Machinery,
) -> _Course:
    home = settings.home_place
    snapshot = load_snapshot(snapshot_at_hand(home, gallery, None, config.s3), gallery)
    newest = load_pack(pack_at_hand(home, config.pack, config.s3), config.pack)
    pack = pack_for(snapshot, newest)
    return _Course(gallery, stated, settings, config, pack, snapshot, listener, machinery)


def _require_strangers(
    course: _Course,
    assets: Sequence[FootageAsset],
    found: Sequence[BestScore],
    before: ThresholdChoice | None,
) -> None:
    """Whoever is enrolled after all would lift the threshold of everybody."""
    suspects = suspects_among(found, _of_same_score(before, course))
    if not suspects:
        return
    named = ", ".join(f"{assets[each.file].uri} ({each.score:.2f})" for each in suspects[:SHOWN])
    raise UsageError(
        f"{len(suspects)} of the strangers score as if they were enrolled in {course.gallery!r}: "
        f"{named}. Take them out if they are, or say --accept-suspects. Nothing was changed."
    )


def _of_same_score(before: ThresholdChoice | None, course: _Course) -> float | None:
    return before.value if before and before.score == _kind(course) else None


def _highest(
    assets: Sequence[FootageAsset], found: Sequence[BestScore]
) -> tuple[tuple[str, float], ...]:
    best = sorted(found, key=lambda each: -each.score)[:SHOWN]
    return tuple((assets[each.file].uri, each.score) for each in best)


def _kind(course: _Course) -> ScoreKind:
    """Of the score that will decide: the relative one where there are people enough for it."""
    asked = course.config.decide.score
    subjects = read_manifest(course.snapshot.path).subjects
    if asked == "relative" and subjects < LEAST_SUBJECTS:
        raise UsageError(
            f"A relative score takes {LEAST_SUBJECTS} people, and gallery {course.gallery!r} has "
            f"{subjects}: leave decide.score at auto."
        )
    if asked != "auto":
        return asked
    return "relative" if subjects >= LEAST_SUBJECTS else "cosine"


def _searched(
    course: _Course, entries: Sequence[FootageEntry], kind: ScoreKind
) -> tuple[list[FootageAsset], list[BestScore]]:
    engine, tell = course.config.engine, course.listener.said
    numbered = [Numbered(number, entry) for number, entry in enumerate(entries)]
    with alone_on_ray(engine), course.machinery.joined(engine) as engines:
        with engines.open_probers(engine, len(numbered), tell) as probers:
            probed = list(probe_all(probers, numbered, course.config, tell))
        recordings = [asset for file in probed for asset in file.assets]
        assets = _once_each(asset for asset in recordings if asset.status != "failed")
        length_s = course.config.footage.segment_s
        items = [
            ProbeItem(number, segment)
            for number, asset in enumerate(assets)
            for segment in plan_segments(asset, length_s, KEY)
        ]
        is_still = all(asset.kind == "still" for asset in assets)
        return assets, _outcomes(course, engines, items, kind, is_still=is_still)


def _once_each(assets: Iterable[FootageAsset]) -> list[FootageAsset]:
    """Of files of one content the first."""
    first = {asset.content_id or asset.sha256 or asset.uri: asset for asset in reversed([*assets])}
    return list(reversed(first.values()))


def _outcomes(
    course: _Course,
    engines: Engines,
    items: Sequence[ProbeItem],
    kind: ScoreKind,
    *,
    is_still: bool,
) -> list[BestScore]:
    config, home, listener = course.config, course.settings.home_place, course.listener
    agreed = course.machinery.settle(home, config, "search" if is_still else "scan")
    for sentence in agreed.said:
        listener.said(sentence)
    search = SearchSpec(
        home,
        home,
        course.gallery,
        course.snapshot.snapshot_id,
        BELOW_ALL,
        obeying(config, agreed.settled),
        score=kind,
        settled=agreed.settled,
        planned=planned_with(course.pack, digests_of(course.snapshot)),
    )
    spec = EvaluationSpec(search, "largest", best_alone=True)
    return best_scores(searched(engines, spec, items, listener))


def _strangers(
    course: _Course,
    assets: Sequence[FootageAsset],
    found: Sequence[BestScore],
    kind: ScoreKind,
) -> Strangers:
    stills = [asset.kind == "still" for asset in assets]
    people = people_in([asset.uri for asset in assets], found, stills)
    if people < FEWEST:
        raise UsageError(
            f"{len(found)} faces of {people} strangers could be compared, and a calibration takes "
            f"{FEWEST} people: give more pictures or footage of people who are not enrolled."
        )
    return Strangers(
        score=kind,
        probes=len(found),
        people=people,
        points=curve_of(values_of(found)),
        calibrated_utc=datetime.now(UTC),
        case_ref=course.stated.case_ref,
        authority=course.stated.authority,
        pack_identity=course.snapshot.pack_identity,
    )


def _keep(course: _Course, strangers: Strangers) -> None:
    s3, home, gallery = course.config.s3, course.settings.home_place, course.gallery
    with _locked_snapshot(course) as snapshot:
        note = keep_strangers(snapshot, strangers)
    if isinstance(home, str):
        publish_note(home, gallery, note, text_of(strangers).encode(), s3)
    note_enrolment(home, course.stated, "calibrate", info_of(gallery, snapshot), s3)


@contextmanager
def _locked_snapshot(course: _Course) -> Iterator[Path]:
    """The folder of the snapshot that was looked at, if it is the gallery's still."""
    s3, home, gallery = course.config.s3, course.settings.home_place, course.gallery
    there = home if isinstance(home, Path) else snapshot_at_hand(home, gallery, None, s3)
    place = gallery_folder(there, gallery)
    with disk_errors(place), exclusive(place / ".lock"):
        snapshot = snapshot_path(there, gallery, None)
        if snapshot.name != course.snapshot.snapshot_id:
            raise UsageError(
                f"Gallery {gallery!r} has changed meanwhile: its snapshot is {snapshot.name} now. "
                "Calibrate again; nothing was changed."
            )
        yield snapshot


def _derived(course: _Course) -> ThresholdChoice | None:
    """As a search would derive it now; None where nothing is calibrated."""
    decide = course.config.decide.model_copy(update={"threshold": None})
    with suppress(ConfigError):
        return derive(decide, course.pack.manifest, course.snapshot)
    return None
