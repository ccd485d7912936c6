"""The audit log beside what else is on record: what contradicts it, and what is to be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ValidationError

from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.errors import AuditBroken, GalleryError, LfrError, ResultsTooNew, RunNotFound
from lfr_batch.front.audit_cases import CaseRecord, case_records, never_written, unlike_its_line
from lfr_batch.front.audit_decisions import (
    KeptReview,
    contradicting,
    kept_reviews,
    not_entered,
)
from lfr_batch.front.settings import Settings
from lfr_batch.gallery.folders import gallery_names
from lfr_batch.gallery.records import SnapshotInfo
from lfr_batch.gallery.store import list_snapshots
from lfr_batch.homes.at_hand import Home
from lfr_batch.live.deployment.folders import deployment_folder, list_deployments, load_record
from lfr_batch.live.deployment.running import LOCK
from lfr_batch.live.deployment.watchlist_receipt import load_receipt
from lfr_batch.oversight.audit_chain import Chain, is_vouched_for
from lfr_batch.oversight.audit_facts import (
    DEPLOYMENT_BEGUN,
    DEPLOYMENT_ENDED,
    ENROLLED,
    RUN_BEGUN,
    WATCHLIST_COPIED,
    WATCHLIST_DESTROYED,
    Facts,
    facts_of,
)
from lfr_batch.oversight.intended import receipt_file, receipts_folder
from lfr_batch.oversight.put import lines_on_record, where_is
from lfr_batch.oversight.signatures import ungrouped
from lfr_batch.results.run_state import LogLine, RunRequest, list_runs, load_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.locks import is_held
from lfr_batch.storage.store import Store

SAID = 5
"""Contradictions that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class _Deployment:
    name: str
    started_at: datetime | None
    """None where its record is not there, or cannot be read."""
    is_destroyed: bool
    """Its watchlist."""
    is_running: bool


class _Receipt(BaseModel):
    """Of it what is compared."""

    at: AwareDatetime | None = None
    log_line: LogLine | None = None
    """None in receipts of before."""


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """What is on record beside the log."""

    runs: tuple[RunRequest, ...]
    runs_not_read: tuple[str, ...]
    receipts: Mapping[str, Path]
    deployments: tuple[_Deployment, ...]
    reviews: Mapping[str, KeptReview]
    cases: tuple[CaseRecord, ...]


@dataclass(frozen=True, slots=True)
class _Wrong:
    sentence: str
    at: datetime | None = None
    """When it happened that the log does not have."""


def compare_with_records(
    settings: Settings, chain: Chain, noted: Sequence[str] = ()
) -> tuple[str, ...]:
    """What is to be known though nothing contradicts it, a sentence each.

    ``chain``: the log as it was verified, with the keys that were ``noted``. Raises AuditBroken
    naming what is on record and contradicts it, StoreError.
    """
    home, s3 = settings.home_and_s3()
    store = open_store(*settings.results_place())
    own = CaseFiles(home, s3).store
    found = _elsewhere(home, store, own)
    # After that: what began meanwhile has its line by now.
    facts = facts_of(lines_on_record(home, s3))
    if facts.decided.keys() - found.reviews.keys():  # or was decided meanwhile
        found = replace(found, reviews=kept_reviews(store))
    if facts.of_cases.keys() - {each.line.n for each in found.cases}:
        found = replace(found, cases=case_records(own))
    wrong = tuple(_contradictions(home, found, chain, facts))
    is_vouched = is_vouched_for(chain, [ungrouped(each) for each in noted])
    lost_until = facts.renewed_at if is_vouched else None
    lost = [each for each in wrong if lost_until and each.at and each.at < lost_until]
    _require_none([each.sentence for each in wrong if each not in lost], where_is(home, s3))
    return (
        *_of_signatures(chain),
        *(f"{each.sentence}: it was before the key was renewed" for each in lost),
        *_not_compared(found),
        *_not_done(facts),
        *not_entered(found.reviews, facts),
        *never_written(found.cases, facts),
        *(_of_home(home, found, facts) if isinstance(home, Path) else ()),
    )


def _elsewhere(home: Home, store: Store, own: Store) -> _Elsewhere:
    runs, not_read = list[RunRequest](), list[str]()
    for run_id in list_runs(store):
        try:
            runs.append(load_run(StoredRun(store, run_id)))
        except RunNotFound:
            continue  # forgotten meanwhile
        except ResultsTooNew:
            not_read.append(run_id)
    reviews, cases = kept_reviews(store), case_records(own)
    if isinstance(home, str):
        return _Elsewhere(tuple(runs), tuple(not_read), {}, (), reviews, cases)
    receipts = {path.stem: path for path in sorted(receipts_folder(home).glob("*.json"))}
    deployments = tuple(_deployment(home, name) for name in list_deployments(home))
    return _Elsewhere(tuple(runs), tuple(not_read), receipts, deployments, reviews, cases)


def _deployment(home: Path, name: str) -> _Deployment:
    folder, started_at = deployment_folder(home, name), None
    with suppress(FileNotFoundError, LfrError):
        started_at = load_record(folder).started_at
    is_destroyed = load_receipt(folder) is not None
    return _Deployment(name, started_at, is_destroyed, is_held(folder / LOCK))


def _contradictions(home: Home, found: _Elsewhere, chain: Chain, facts: Facts) -> Iterator[_Wrong]:
    if isinstance(home, Path):
        yield from _receipts(home, found, facts)
    yield from _deployments(found, facts)
    yield from _runs(found, home, chain, facts)
    for each in unlike_its_line(found.cases, facts):
        yield _Wrong(f"{each.path} says what the log has no line of", each.at)
    there = frozenset(run.run_id for run in found.runs)
    yield from (_Wrong(said) for said in contradicting(found.reviews, there, facts))


def _require_none(wrong: Sequence[str], where: str) -> None:
    if wrong:
        more = f"; and {len(wrong) - SAID} more" if len(wrong) > SAID else ""
        raise AuditBroken(
            f"{where} is not what is on record elsewhere: {'; '.join(wrong[:SAID])}{more}; find "
            "out who had access"
        )


def _receipts(home: Path, found: _Elsewhere, facts: Facts) -> Iterator[_Wrong]:
    """Of what was removed for good: each is begun and ended in the log."""
    for name in sorted(facts.done - set(found.receipts)):
        if not receipt_file(home, name).exists():
            yield _Wrong(f"the log says that {name} was done, and its receipt is gone")
    for name, path in found.receipts.items():
        receipt = _receipt(path)
        if receipt is None:
            yield _Wrong(f"the receipt of {name} cannot be read")
        elif name not in facts.intended:
            yield _Wrong(f"there is a receipt of {name}, and the log has no line of it", receipt.at)
        elif receipt.log_line and not facts.has_line(receipt.log_line.n, receipt.log_line.sha256):
            line = f"line {receipt.log_line.n}, which is not in the log"
            yield _Wrong(f"the receipt of {name} names {line}", receipt.at)


def _receipt(path: Path) -> _Receipt | None:
    try:
        return _Receipt.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _deployments(found: _Elsewhere, facts: Facts) -> Iterator[_Wrong]:
    for each in found.deployments:
        name, at = each.name, each.started_at
        known = facts.has(WATCHLIST_COPIED, name) or facts.has(WATCHLIST_DESTROYED, name)
        if each.is_destroyed and not known:
            said = "has destroyed its watchlist, and the log has no line of that"
            yield _Wrong(f"deployment {name} {said}", at)
        elif _is_due(at, facts) and not facts.has(DEPLOYMENT_BEGUN, name):
            said = "has a folder, and the log has no line of its beginning"
            yield _Wrong(f"deployment {name} {said}", at)


def _runs(found: _Elsewhere, home: Home, chain: Chain, facts: Facts) -> Iterator[_Wrong]:
    for request in found.runs:
        said = _of_run(request, home, chain, facts)
        if said:
            yield _Wrong(f"run {request.run_id} {said}", request.started_at)


def _of_run(request: RunRequest, home: Home, chain: Chain, facts: Facts) -> str | None:
    line, is_ours = request.log_line, request.home == str(home)
    if line is not None and (is_ours or line.key in chain.keys):
        if facts.has_line(line.n, line.sha256):
            return None
        return f"began with line {line.n}, which is not in the log"
    event = DEPLOYMENT_BEGUN if request.kind == "live" else RUN_BEGUN
    if is_ours and _is_due(request.started_at, facts) and not facts.has(event, request.run_id):
        return "is on record, and the log has no line of it"
    return None


def _is_due(at: datetime | None, facts: Facts) -> bool:
    """Whether what began then has a line: it was after the first signature."""
    return at is not None and facts.signed_since is not None and at > facts.signed_since


def _of_signatures(chain: Chain) -> Iterator[str]:
    if chain.entries and chain.signed_from is None:
        yield (
            f"unsigned until line {chain.entries}: these lines are of an earlier version, and "
            "whoever had the disk could have written them anew; the next entry is signed"
        )
    elif chain.signed_from and chain.signed_from > 1:
        yield (
            f"unsigned until line {chain.signed_from - 1}: whoever had the disk before line "
            f"{chain.signed_from} was signed could have written these lines anew"
        )


def _not_compared(found: _Elsewhere) -> Iterator[str]:
    if found.runs_not_read:
        number, first = len(found.runs_not_read), found.runs_not_read[0]
        yield (
            f"runs that were not compared, since another version wrote them or they are damaged: "
            f"{number}, {first} among them"
        )


def _not_done(facts: Facts) -> Iterator[str]:
    for name in sorted(facts.intended - facts.done):
        yield (
            f"{name} was asked for, and the log has no line of its end: it goes on, or was "
            "interrupted; the next of its kind ends what had begun, and of what had not begun "
            "nothing was removed: ask for it again"
        )


def _of_home(home: Path, found: _Elsewhere, facts: Facts) -> Iterator[str]:
    yield from _without_end(home, found, facts)
    yield from _unlisted_snapshots(home, facts)


def _without_end(home: Path, found: _Elsewhere, facts: Facts) -> Iterator[str]:
    running = {each.name for each in found.deployments if each.is_running}
    begun, ended = (facts.named.get(each, set()) for each in (DEPLOYMENT_BEGUN, DEPLOYMENT_ENDED))
    for name in sorted(begun - ended - running):
        if not is_held(deployment_folder(home, name) / LOCK):  # it began meanwhile
            yield f"deployment {name} began, and its end is not on record: its process was killed"


def _unlisted_snapshots(home: Path, facts: Facts) -> Iterator[str]:
    for gallery in gallery_names(home):
        for info in _snapshots(home, gallery):
            if _is_due(info.created_utc, facts) and not facts.has(ENROLLED, info.snapshot_id):
                yield (
                    f"snapshot {info.snapshot_id} of gallery {gallery} is there, and the log has "
                    "no line of its enrolment: it was copied here, or its enrolment was killed"
                )


def _snapshots(home: Path, gallery: str) -> Iterable[SnapshotInfo]:
    try:
        return list_snapshots(home, gallery)
    except GalleryError:  # `lfr gallery verify` says so
        return ()
