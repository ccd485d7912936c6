"""From a finished run to the members of an evidence pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lfr_batch.config.schema import S3Config
from lfr_batch.evidence import verify
from lfr_batch.evidence.board import BoardContent, board
from lfr_batch.evidence.building import Building
from lfr_batch.evidence.eyes import find_eyes
from lfr_batch.evidence.facts import RunFacts, SightingFacts, plain
from lfr_batch.evidence.footage_now import footage_now, require_same
from lfr_batch.evidence.key import EvidenceKey
from lfr_batch.evidence.moments import Moments
from lfr_batch.evidence.nothing_found import certificate, certificate_document
from lfr_batch.evidence.pictures import enrolled_pictures
from lfr_batch.evidence.plan_rows import plan_document
from lfr_batch.evidence.proof import document
from lfr_batch.evidence.provenance import run_document
from lfr_batch.evidence.sealed import seal
from lfr_batch.evidence.verify import MANIFEST, PROOF, SIGNATURE
from lfr_batch.evidence.words import MembersOf, readme
from lfr_batch.homes.at_hand import Home
from lfr_batch.results.run_state import RunRequest
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.software import software

WITHOUT_FOOTAGE = (
    "find the file and put it back as it was, or give --without-footage for a pack that says so "
    "and has neither frames nor clips"
)
OTHERS_LEFT_OUT = (
    "Enrolled pictures of candidates other than the one who was proposed are left out; their rows "
    "are there."
)


@dataclass(frozen=True, slots=True)
class PackPlan:
    """What goes into a pack, and for whom."""

    facts: RunFacts
    stored: StoredRun
    request: RunRequest
    home: Home
    s3: S3Config
    by: str
    why: str
    to: Mapping[str, str] = field(default_factory=dict)
    """age keys by name; none: nothing is sealed."""
    redact: bool = False
    with_footage: bool = True
    nothing_found: bool = False
    """A certificate, of a run without sightings."""
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def what(self) -> str:
        if self.nothing_found:
            return "Certificate of a search without result"
        return "Disclosure copy" if self.redact else "Evidence pack"


@dataclass(slots=True)
class Filled:
    """What a manifest says beside the members."""

    lacks: list[str] = field(default_factory=list)
    """What the pack has not, and why, a sentence each."""
    sealed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    frames: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What is said of each sighting's frame, by its id."""
    doubtful_frames: int | None = None
    """Of hidden clips; None: there are none."""


def fill(built: Building, plan: PackPlan) -> Filled:
    """Every member but the manifest and what comes after it.

    Raises UsageError for footage that is gone or changed, FootageError, StoreError, OSError.
    """
    filled = Filled()
    if plan.nothing_found:
        return _certified(built, plan, filled)
    files = footage_now(plan.facts.footage, plan.s3)
    if plan.with_footage:
        require_same(files, WITHOUT_FOOTAGE)
    else:
        filled.lacks.append("It was made without footage: there is no frame and no clip.")
        filled.lacks += [f"{each.why}." for each in files if each.why]
    run = run_document(plan.facts.row, plan.request, plan.home, plan.s3)
    built.add("run.json", document(run))
    footage = {"files": [each.said() for each in files], "searched": plain(plan.facts.footage)}
    built.add("footage.json", document({**footage, "receipts": plain(plan.facts.segments)}))
    built.add("verify.py", Path(verify.__file__).read_bytes())
    built.add("segments.json", document(plan_document(plan.stored, plan.facts.sightings)))
    if plan.with_footage:
        _moments(built, plan, filled)
    _sightings(built, plan, filled, run)
    filled.lacks = list(dict.fromkeys(filled.lacks))
    _readme(built, plan, filled)
    return filled


def _moments(built: Building, plan: PackPlan, filled: Filled) -> None:
    """Frames and clips: sealed, or with everyone else made unrecognisable."""
    moments = Moments(plan.facts, plan.request, plan.home, plan.s3, built)
    if plan.redact:
        moments.hidden()
        filled.doubtful_frames = moments.doubtful_frames
    else:
        place = built.folder / "sealed"
        filled.sealed = seal(place, moments.untouched(), plan.to)
        built.adopt("sealed.age", place)
    filled.frames = moments.frames
    filled.lacks += moments.lacks


def _certified(built: Building, plan: PackPlan, filled: Filled) -> Filled:
    """Of a run without sightings. Footage is not read again: hashes are those of when it was
    searched."""
    run = run_document(plan.facts.row, plan.request, plan.home, plan.s3)
    built.add("run.json", document(run))
    built.add("certificate.json", document(certificate_document(plan.facts)))
    built.add("certificate.pdf", certificate(plan.facts, run))
    built.add("footage.json", document({"receipts": plain(plan.facts.segments)}))
    built.add("verify.py", Path(verify.__file__).read_bytes())
    _readme(built, plan, filled)
    return filled


def _readme(built: Building, plan: PackPlan, filled: Filled) -> None:
    text = readme(_head(plan), tuple(plan.to), filled.lacks, _members(plan))
    built.add("README.txt", text.encode())


def _members(plan: PackPlan) -> tuple[MembersOf, ...]:
    if plan.nothing_found:
        return ("certificate",)
    extra: tuple[MembersOf, ...] = ("sealed",) if plan.to else ("hidden",) if plan.redact else ()
    return ("sightings", *extra)


def manifest_of(built: Building, plan: PackPlan, filled: Filled) -> dict[str, Any]:
    """All of it; what follows the manifest is not in it."""
    return {
        "format": 1,
        "what": plan.what,
        "run_id": plan.facts.run_id,
        "case_ref": plan.facts.row["case_ref"],
        "made_at": plan.made_at.isoformat(),
        "by": plan.by,
        "why": plan.why,
        "software": software(),
        "sightings": [each.sighting_id for each in plan.facts.sightings],
        "to": dict(plan.to),
        "redacted": plan.redact,
        "doubtful_frames": filled.doubtful_frames,
        "lacks": filled.lacks,
        "members": dict(sorted(built.listed.items())),
        "sealed": dict(sorted(filled.sealed.items())),
    }


def sign(built: Building, proof: Mapping[str, Any], key: EvidenceKey) -> None:
    """Add the proof, and the signature of manifest and proof."""
    built.add(PROOF, document(proof))
    built.add(SIGNATURE, key.signature_of(built.sha256_of(MANIFEST), built.sha256_of(PROOF)))


def _head(plan: PackPlan) -> dict[str, str]:
    row = plan.facts.row
    said = {
        "what": plan.what,
        "run": plan.facts.run_id,
        "case": row["case_ref"],
        "authority": row["authority"],
        "purpose": row["purpose"],
        "made": f"{plan.made_at:%Y-%m-%d %H:%M:%S} UTC by {plan.by}",
        "why": plan.why or "not said",
    }
    if plan.nothing_found:
        return said
    ids = ", ".join(each.sighting_id for each in plan.facts.sightings)
    return {**said, "sightings": ids, "for": ", ".join(plan.to) or "anybody; nothing is sealed"}


def _sightings(
    built: Building, plan: PackPlan, filled: Filled, run_said: Mapping[str, Any]
) -> None:
    run, sightings = plan.facts.row, plan.facts.sightings
    enrolled, why = enrolled_pictures(
        plan.home, plan.s3, run["gallery"], run["gallery_snapshot"], sightings
    )
    filled.lacks += [why] if why else []
    found = [each.shot["jpeg"] for each in sightings if each.shot.get("jpeg")]
    eyes = find_eyes((*found, *enrolled.values()), plan.request, plan.home, plan.s3)
    files = {row["footage_id"]: row for row in plan.facts.footage}
    if plan.redact:
        filled.lacks.append(OTHERS_LEFT_OUT)
    for each in sightings:
        shown = _shown_of(each, enrolled, plan.redact)
        _pictures(built, each, shown)
        if not each.shot.get("jpeg"):
            filled.lacks.append(f"Sighting {each.sighting_id} has no evidence picture.")
            continue
        of = f"sightings/{each.sighting_id}/"
        hashes = {n.removeprefix(of): built.sha256_of(n) for n in built.files if n.startswith(of)}
        frame = filled.frames.get(each.sighting_id, {}).get("frame", {})
        file = files[each.row["footage_id"]]
        said = BoardContent(run, each, file, shown, eyes, run_said, hashes, frame)
        built.add(f"{of}board.pdf", board(said))


def _shown_of(
    each: SightingFacts, enrolled: Mapping[str, bytes], redact: bool
) -> Mapping[str, bytes]:
    """Enrolled pictures by image id: of all candidates, or of who was proposed alone."""
    shown = [c for c in each.candidates if not redact or c["subject_id"] == each.row["subject_id"]]
    ids = {candidate["image_id"] for candidate in shown}
    return {image_id: jpeg for image_id, jpeg in enrolled.items() if image_id in ids}


def _pictures(built: Building, each: SightingFacts, enrolled: Mapping[str, bytes]) -> None:
    folder = f"sightings/{each.sighting_id}"
    built.add(f"{folder}/sighting.json", document(sighting_document(each)))
    if each.shot.get("jpeg"):
        built.add(f"{folder}/crop.jpg", each.shot["jpeg"])
    for number, jpeg in enumerate(each.shot.get("further_jpegs") or (), 2):
        built.add(f"{folder}/shot-{number}.jpg", jpeg)
    for candidate in each.candidates:
        picture = enrolled.get(candidate["image_id"])
        if picture is not None:
            built.add(f"{folder}/enrolled-{candidate['rank']}.jpg", picture)


def sighting_document(each: SightingFacts) -> dict[str, Any]:
    """The member ``sighting.json``."""
    return {
        "sighting": plain(each.row),
        "candidates": plain(each.candidates),
        "evidence_picture": plain({k: v for k, v in each.shot.items() if k != "thumbnail"}),
        "reviews": plain(each.reviews),
        "subjects": plain([each.subjects[key] for key in sorted(each.subjects)]),
    }
