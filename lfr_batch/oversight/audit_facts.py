"""What an audit log says happened, to be compared with what else is on record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lfr_batch.oversight.audit_line import Line

RENEWED = "audit.key_renewed"
RUN_BEGUN = "run.begun"
DEPLOYMENT_BEGUN, DEPLOYMENT_ENDED = "deployment.begun", "deployment.ended"
ENROLLED = "gallery.enrolled"
OPENED = "results.opened"
EVERY_CASE = "every case"
"""Of an opening: it cannot be known which, or there are many."""
CASE_EVENTS = frozenset(
    {
        "case.opened",
        "case.changed",
        "case.closed",
        "authorisation.requested",
        "authorisation.granted",
        "authorisation.refused",
    }
)
"""Each has a record below ``cases``, which names its line."""
DECIDED_BEFORE = "authorisation.decided_before"
"""What the line that it names says came second, and does not count."""
DECIDED, OUTCOME_NOTED = "sighting.decided", "sighting.outcome"
WATCHLIST_COPIED, WATCHLIST_DESTROYED = "watchlist.copied", "watchlist.destroyed"
_BY: Mapping[str, str] = {
    RUN_BEGUN: "run_id",
    DEPLOYMENT_BEGUN: "deployment_id",
    DEPLOYMENT_ENDED: "deployment_id",
    WATCHLIST_COPIED: "deployment_id",
    WATCHLIST_DESTROYED: "deployment_id",
    ENROLLED: "snapshot_id",
}
"""What each is looked up by."""
_INTENDED, _DONE = ".intended", ".done"


@dataclass(slots=True)
class Facts:
    sums: list[str] = field(default_factory=list)
    """sha256 of each line."""
    signed_since: datetime | None = None
    """When the first line was signed: from then on whatever happens has an entry."""
    renewed_at: datetime | None = None
    """When its key was renewed last: what was on record before may be lost."""
    named: dict[str, set[str]] = field(default_factory=dict)
    """By event: the runs, deployments, galleries, snapshots."""
    intended: set[str] = field(default_factory=set)
    """Ids of what was to be done for good."""
    decided: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By the id of a review of a sighting: its run, and the sha256 of its file."""
    of_cases: dict[int, Line] = field(default_factory=dict)
    """By the line's number: what it says of a case or an authorisation, if that counts."""
    taken: set[str] = field(default_factory=set)
    """Ids of those reviews that may have gone since: of runs that a subject or a file of footage
    was to be taken out of later."""
    done: set[str] = field(default_factory=set)
    """Ids of what was, each with a receipt."""

    def has(self, event: str, name: str) -> bool:
        return name in self.named.get(event, ())

    def has_line(self, n: int, sha256: str) -> bool:
        return 0 < n <= len(self.sums) and self.sums[n - 1] == sha256


def facts_of(lines: Iterable[Line]) -> Facts:
    facts = Facts()
    for line in lines:
        facts.sums.append(str(line["sha256"]))
        if facts.signed_since is None and "signature" in line:
            facts.signed_since = datetime.fromisoformat(str(line["at"]))
        _note(facts, str(line.get("event", "")), line)
    return facts


def _note(facts: Facts, event: str, line: Mapping[str, Any]) -> None:
    if event == RENEWED:
        facts.renewed_at = datetime.fromisoformat(str(line["at"]))
    if event in (DECIDED, OUTCOME_NOTED):
        facts.decided[str(line.get("review_id"))] = (
            str(line.get("run_id")),
            str(line.get("row_sha256")),
        )
    if event in CASE_EVENTS:
        facts.of_cases[len(facts.sums)] = line
    if event == DECIDED_BEFORE:
        facts.of_cases.pop(int(line.get("line", 0)), None)
    if event in _BY:
        facts.named.setdefault(event, set()).add(str(line.get(_BY[event])))
    if event.endswith(_INTENDED) and isinstance(line.get("intention"), Mapping):
        facts.intended.add(str(line["intention"].get("id")))
    if isinstance(line.get("intention"), Mapping):
        _note_taken(facts, line["intention"])
    if event.endswith(_DONE) and "id" in line:
        facts.done.add(str(line["id"]))
        if line.get("snapshot"):  # what a gallery is without what was removed from it
            facts.named.setdefault(ENROLLED, set()).add(str(line["snapshot"]))


def _note_taken(facts: Facts, intention: Mapping[str, Any]) -> None:
    if intention.get("what") in ("subject", "footage"):
        runs = set(map(str, intention.get("runs") or ()))
        facts.taken |= {review for review, (run, _) in facts.decided.items() if run in runs}
