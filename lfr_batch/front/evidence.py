"""Evidence packs as they are asked for: refused, or made, signed and put on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import StoreError, UsageError
from lfr_batch.evidence.building import Building, building, require_free, write_pack
from lfr_batch.evidence.facts import RunFacts, run_facts
from lfr_batch.evidence.key import evidence_key
from lfr_batch.evidence.nothing_found import require_nothing_found
from lfr_batch.evidence.pack import PackPlan, fill, manifest_of, sign
from lfr_batch.evidence.proof import document, proof_of
from lfr_batch.evidence.recipients import recipients
from lfr_batch.evidence.verify import MADE, MANIFEST
from lfr_batch.front.clocks import act_on_clocks
from lfr_batch.front.keeping import house_policy
from lfr_batch.front.opening import Opener, opener_of, require_seen
from lfr_batch.front.settings import Settings
from lfr_batch.oversight.authority import operator_name
from lfr_batch.oversight.put import lines_on_record, put
from lfr_batch.results.copies import copy_of, note_copy
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_state import load_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.which_run import run_in_lake
from lfr_batch.results.withholding import require_shown
from lfr_batch.storage.store import Store
from lfr_batch.visible import plain_line

KEY_EVENT = "evidence.key_renewed"
OTHERS_ARE_SHOWN = (
    "An evidence pack holds untouched frames, which show other people, too: say with --to NAME who "
    "may open them (a name of policy.yaml, a key age1… or a file with keys), or give --redact for "
    "a copy in which everyone else is made unrecognisable."
)
NOTHING_SEEN = (
    "Run {run_id} has no sighting that a pack could be made of: `lfr evidence {run_id} "
    "--nothing-found --out FILE` makes the certificate of that."
)


@dataclass(frozen=True, slots=True)
class PackOrder:
    """What is asked for."""

    run: str
    out: Path
    sightings: tuple[str, ...] = ()
    """None: all of the run."""
    to: tuple[str, ...] = ()
    """Who may open what is sealed."""
    redact: bool = False
    without_footage: bool = False
    nothing_found: bool = False
    """The certificate of a run without sightings."""
    operator: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class MadePack:
    path: Path
    """From the root of this machine."""
    run_id: str
    sightings: tuple[str, ...]
    fingerprint: str
    """Of the key that signed it."""
    lacks: tuple[str, ...]
    """What it has not, a sentence each."""
    doubtful_frames: int | None = None
    """Of hidden clips; None: there are none."""


def make_evidence(order: PackOrder, settings: Settings) -> MadePack:
    """Write the pack; its line of the audit log comes before it is there under its name.

    Raises UsageError, QueryError for what cannot be packed, StoreError, AuditBroken, FootageError;
    nothing is left at ``out`` then.
    """
    _require_clear(order)
    opener = opener_of(settings, "evidence", order.why, order.operator)
    out = order.out.absolute()
    require_free(out)
    act_on_clocks(settings, order.operator)
    plan = _planned(order, settings, opener)
    facts = plan.facts
    opener.opens(f"{plan.what}, to {out}", {facts.run_id: facts.row["case_ref"]})
    with building(out) as built:
        filled = fill(built, plan)
        built.add(MANIFEST, document(manifest_of(built, plan, filled)))
        found = finish(built, plan, out, settings, plan.stored.store)
    ids = tuple(each.sighting_id for each in facts.sightings)
    return MadePack(out, facts.run_id, ids, found, tuple(filled.lacks), filled.doubtful_frames)


def _planned(order: PackOrder, settings: Settings, opener: Opener) -> PackPlan:
    """Whoever may not see its case is told nothing of the run."""
    to = recipients(order.to, house_policy(settings).evidence.keys)
    root, s3 = settings.results_place()
    facts = _facts(root, s3, order.run, order.sightings)
    require_seen(opener.home, s3, [facts.row["case_ref"]], opener.by)
    if order.nothing_found:
        require_nothing_found(facts)
    elif not facts.sightings:
        raise UsageError(NOTHING_SEEN.format(run_id=facts.run_id))
    stored = StoredRun(open_store(root, s3), facts.run_id)
    return PackPlan(
        facts,
        stored,
        load_run(stored),
        settings.home_place,
        s3,
        operator_name(order.operator),
        plain_line(order.why),
        to,
        order.redact,
        not order.without_footage,
        order.nothing_found,
    )


def _require_clear(order: PackOrder) -> None:
    """Who may see others is said, and nothing that contradicts itself."""
    if order.nothing_found:
        if order.to or order.redact or order.sightings:
            raise UsageError(
                "A certificate shows nobody and seals nothing: --nothing-found goes with RUN alone."
            )
    elif not (order.to or order.redact or order.without_footage):
        raise UsageError(OTHERS_ARE_SHOWN)
    if order.to and order.redact:
        raise UsageError("Nothing is sealed in a redacted copy: give --to or --redact, not both.")
    if order.to and order.without_footage:
        raise UsageError(
            "Without footage there is nothing to seal: give --to or --without-footage, not both."
        )


def finish(built: Building, plan: PackPlan, out: Path, settings: Settings, store: Store) -> str:
    """Put on record, sign and write what has its manifest; the fingerprint of the key."""
    home, s3 = settings.home_and_s3()
    key = evidence_key(home, s3)
    said = _said(plan, built.sha256_of(MANIFEST), key.fingerprint, out)
    head = put(home, s3, MADE, said, plan.made_at)
    sign(built, proof_of(lines_on_record(home, s3), plan.facts.run_id, head.n), key)
    _note(store, plan, out)
    write_pack(out, built)
    return key.fingerprint


def renew_evidence_key(settings: Settings, by: str | None, why: str) -> str:
    """Go on with another key; its fingerprint. Raises StoreError, AuditBroken."""
    home, s3 = settings.home_and_s3()
    key = evidence_key(home, s3, renew=True)
    said = {"by": operator_name(by), "why": plain_line(why), "key_now": key.fingerprint}
    put(home, s3, KEY_EVENT, said)
    return key.fingerprint


def key_fingerprint(settings: Settings) -> str:
    """Of the key that signs packs, which is made where there never was one. Raises StoreError."""
    return evidence_key(*settings.home_and_s3()).fingerprint


def _facts(root: str, s3: S3Config, run: str, sightings: Sequence[str]) -> RunFacts:
    with closing(open_lake(root, s3)) as lake:
        run_id = run_in_lake(lake, run)
        require_shown(StoredRun(open_store(root, s3), run_id))
        return run_facts(lake, run_id, sightings)


def _said(plan: PackPlan, manifest_sha256: str, key: str, out: Path) -> Mapping[str, Any]:
    return {
        "run_id": plan.facts.run_id,
        "case_ref": plan.facts.row["case_ref"],
        "by": plan.by,
        "why": plan.why,
        "what": plan.what,
        "sightings": [each.sighting_id for each in plan.facts.sightings],
        "to": sorted(plan.to),
        "redacted": plan.redact,
        "manifest_sha256": manifest_sha256,
        "evidence_key": key,
        "place": str(out),
    }


def _note(store: Store, plan: PackPlan, out: Path) -> None:
    """For a later forgetting; the audit log has it in any case."""
    facts = plan.facts
    copy = copy_of(
        "evidence", str(out), plan.by, (facts.run_id,), len(facts.sightings),
        case_ref=facts.row["case_ref"], shows_subjects=bool(facts.sightings),
    )  # fmt: skip
    with suppress(StoreError):
        note_copy(store, copy)
