"""The audit log beside what else is on record: what contradicts it, and what is to be known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from lfr_batch.errors import AuditBroken, GalleryError, LfrError, ResultsTooNew
from lfr_batch.front.settings import Settings
from lfr_batch.gallery.folders import gallery_names
from lfr_batch.gallery.records import SnapshotInfo
from lfr_batch.gallery.store import list_snapshots
from lfr_batch.homes.at_hand import Home
from lfr_batch.live.deployment.folders import deployment_folder, list_deployments, load_record
from lfr_batch.live.deployment.running import LOCK
from lfr_batch.live.deployment.watchlist_receipt import load_receipt
from lfr_batch.oversight.audit_chain import Chain
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
from lfr_batch.oversight.intended import LOG_LINE, receipts_folder
from lfr_batch.oversight.put import lines_on_record, where_is
from lfr_batch.results.run_state import RunRequest, list_runs, load_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.locks import is_held
from lfr_batch.storage.store import Store

SAID = 5
"""Contradictions that are named; the others are counted."""


def compare_with_records(settings: Settings, chain: Chain) -> tuple[str, ...]:
    """What is to be known though nothing contradicts it, a sentence each.

    ``chain``: the log as it was verified. Raises AuditBroken naming what is on record and
    contradicts it, StoreError.
    """
    home, s3 = settings.home_and_s3()
    facts = facts_of(lines_on_record(home, s3))
    wrong = [*_runs(open_store(*settings.results_place()), home, chain, facts)]
    if isinstance(home, Path):
        wrong = [*_receipts(home, facts), *_deployments(home, facts), *wrong]
    if wrong:
        more = f"; and {len(wrong) - SAID} more" if len(wrong) > SAID else ""
        raise AuditBroken(
            f"{where_is(home, s3)} is not what is on record elsewhere: "
            f"{'; '.join(wrong[:SAID])}{more}; find out who had access"
        )
    remarks = tuple(_of_signatures(chain))
    if isinstance(home, str):
        return remarks
    return (*remarks, *_without_end(home, facts), *_unlisted_snapshots(home, facts))


def _receipts(home: Path, facts: Facts) -> Iterator[str]:
    """Of what was removed for good: each is begun and ended in the log."""
    there = {path.stem: path for path in receipts_folder(home).glob("*.json")}
    for name in sorted(facts.done - set(there)):
        yield f"the log says that {name} was done, and its receipt is gone"
    for name, path in sorted(there.items()):
        if name not in facts.intended:
            yield f"there is a receipt of {name}, and the log has no line of it"
        else:
            line = _log_line(path)
            if line and not facts.has_line(line["n"], line["sha256"]):
                yield f"the receipt of {name} names line {line['n']}, which is not in the log"


def _log_line(receipt: Path) -> Mapping[str, Any] | None:
    """What the log ended with when it was written; None in receipts of before."""
    try:
        said = json.loads(receipt.read_bytes())
        line: Mapping[str, Any] | None = said.get(LOG_LINE)
    except (OSError, ValueError, AttributeError):
        return None
    return line


def _deployments(home: Path, facts: Facts) -> Iterator[str]:
    for name in list_deployments(home):
        folder = deployment_folder(home, name)
        known = facts.has(WATCHLIST_COPIED, name) or facts.has(WATCHLIST_DESTROYED, name)
        if load_receipt(folder) and not known:
            yield f"deployment {name} has destroyed its watchlist, and the log has no line of that"
        elif _is_due(_started_at(folder), facts) and not facts.has(DEPLOYMENT_BEGUN, name):
            yield f"deployment {name} has a folder, and the log has no line of its beginning"


def _started_at(folder: Path) -> datetime | None:
    try:
        return load_record(folder).started_at
    except (FileNotFoundError, LfrError):
        return None


def _runs(store: Store, home: Home, chain: Chain, facts: Facts) -> Iterator[str]:
    for run_id in list_runs(store):
        try:
            request = load_run(StoredRun(store, run_id))
        except ResultsTooNew:
            continue  # another version's, which knows what it says
        said = _of_run(request, home, chain, facts)
        if said:
            yield f"run {run_id} {said}"


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


def _without_end(home: Path, facts: Facts) -> Iterator[str]:
    for name in sorted(facts.named.get(DEPLOYMENT_BEGUN, ())):
        if facts.has(DEPLOYMENT_ENDED, name) or is_held(deployment_folder(home, name) / LOCK):
            continue
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
