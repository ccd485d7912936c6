"""Lines of the audit log as people ask for them: who did what, when, of which case, and why. Pure.

Events name people, cases and runs by different words; here they have one. What only names a run is
of the case that another line gives that run. What is of every case is of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from lfr_batch.oversight.audit_facts import EVERY_CASE, OPENED
from lfr_batch.oversight.audit_line import Line

_WAYS: Mapping[str, str] = {
    "sql": "asked the results",
    "report": "made a report",
    "export": "exported results",
    "evidence": "opened results for an evidence pack",
    "review": "opened the review",
}
_EVENTS: Mapping[str, str] = {
    "run.begun": "began a run",
    "deployment.begun": "began a deployment",
    "deployment.watching_begun": "began watching",
    "deployment.ended": "a deployment ended",
    "watchlist.copied": "a watchlist was copied",
    "watchlist.destroyed": "a watchlist was destroyed",
    "review.begin": "opened the review of alerts",
    "review.done": "closed the review of alerts",
    "alert.viewed": "looked at an alert",
    "console.logged_in": "logged in to the console",
    "console.refused": "was refused at the console",
    "gallery.enrolled": "enrolled a gallery",
    "forget.intended": "asked for something to be forgotten",
    "forget.done": "something was forgotten",
    "retention.delete": "a retention period is over",
    "user.added": "gave somebody access",
    "user.removed": "took access from somebody",
    "sightings.viewed": "looked at the sightings of a run",
    "sighting.viewed": "looked at a sighting",
    "sighting.moment_viewed": "looked at the moment of a sighting",
    "sighting.decided": "decided about a sighting",
    "sighting.outcome": "noted what became of a sighting",
    "case.opened": "opened a case",
    "case.changed": "changed a case",
    "case.closed": "closed a case",
    "authorisation.requested": "asked for an authorisation",
    "authorisation.granted": "granted an authorisation",
    "authorisation.refused": "refused an authorisation",
    "run.withheld": "a run was withheld",
    "run.put_back": "a run was put back",
    "evidence.made": "an evidence pack was made",
    "evidence.rerun": "searched again for a pack",
    "audit.key_renewed": "renewed the key of the log",
}
"""In words; an event that is not here is told by its name."""
_WHO = ("by", "decided_by", "requested_by", "reviewer", "operator", "name")
_WHY = ("why", "reason", "purpose")
_DETAIL = ("detail", "sighting_id", "alert_id")
_RUN = ("run_id", "deployment_id", "run")


@dataclass(frozen=True, slots=True)
class ShownLine:
    n: int
    at: str
    """As it stands in the log: UTC, ISO 8601."""
    who: str | None
    event: str
    what: str
    """In words."""
    cases: tuple[str, ...]
    every_case: bool
    """It may be of any; ``cases`` is then empty."""
    run_ids: tuple[str, ...]
    runs: int
    """How many, where the line names but the first of them."""
    why: str | None
    detail: str | None

    @property
    def row(self) -> dict[str, Any]:
        """For machines."""
        row = asdict(self)
        every = row.pop("every_case")
        return {**row, "cases": EVERY_CASE if every else list(self.cases)}


@dataclass(frozen=True, slots=True)
class WantedLines:
    """Which lines are; None: whatever it is."""

    case_ref: str | None = None
    run: str | None = None
    """Its id, or how it begins."""
    by: str | None = None
    since: datetime | None = None
    openings: bool = False
    """Only those by which results were opened."""

    def has(self, line: ShownLine) -> bool:
        return (
            (self.case_ref is None or line.every_case or self.case_ref in line.cases)
            and (self.run is None or _may_be_of(line, self.run))
            and (self.by is None or (line.who or "").casefold() == self.by.casefold())
            and (self.since is None or _is_since(line, self.since))
            and (not self.openings or line.event in LOOKS)
        )


LOOKS = frozenset(
    {
        OPENED,
        "alert.viewed",
        "review.begin",
        "sightings.viewed",
        "sighting.viewed",
        "sighting.moment_viewed",
    }
)
"""By which somebody gets to see results."""


def _may_be_of(line: ShownLine, run: str) -> bool:
    """Also where it names no run, or not all of them, and may be of this one."""
    if any(run_id.startswith(run) for run_id in line.run_ids):
        return True
    return line.runs > len(line.run_ids) or (line.every_case and not line.run_ids)


def _is_since(line: ShownLine, since: datetime) -> bool:
    """What has no time that can be read was altered, and is shown."""
    try:
        return datetime.fromisoformat(line.at) >= since
    except (ValueError, TypeError):
        return True


def shown(lines: Iterable[Line]) -> Iterator[ShownLine]:
    """In their order."""
    cases: dict[str, str] = {}
    for line in lines:
        said = {**line, **_intention(line)}
        run_ids = _run_ids(said)
        if isinstance(case := said.get("case_ref"), str):
            cases |= dict.fromkeys(run_ids, case)
        yield _shown(line, said, run_ids, cases)


def _shown(line: Line, said: Line, run_ids: tuple[str, ...], known: Mapping[str, str]) -> ShownLine:
    event, named = str(line.get("event", "")), said.get("cases")
    return ShownLine(
        n=int(line["n"]),
        at=str(line.get("at", "")),
        who=_first(said, _WHO),
        event=event,
        what=_what(event, said),
        cases=_cases(said, named, run_ids, known),
        every_case=named == EVERY_CASE,
        run_ids=run_ids,
        runs=max(_number(said.get("runs")), len(run_ids)),
        why=_first(said, _WHY),
        detail=_first(said, _DETAIL),
    )


def _what(event: str, said: Line) -> str:
    if event == OPENED:
        return _WAYS.get(str(said.get("what")), f"opened results ({said.get('what')})")
    return _EVENTS.get(event, event)


def _cases(
    said: Line, named: object, run_ids: tuple[str, ...], known: Mapping[str, str]
) -> tuple[str, ...]:
    if named == EVERY_CASE:
        return ()
    found = list(map(str, named)) if isinstance(named, list) else []
    own = [said["case_ref"]] if isinstance(said.get("case_ref"), str) else []
    of_runs = [known[run_id] for run_id in run_ids if run_id in known]
    return tuple(dict.fromkeys((*found, *own, *of_runs)))


def _run_ids(said: Line) -> tuple[str, ...]:
    one = _first(said, _RUN)
    many = said.get("run_ids") or said.get("runs")
    listed = map(str, many) if isinstance(many, list) else ()
    return tuple(dict.fromkeys((*((one,) if one else ()), *listed)))


def _intention(line: Line) -> Line:
    """What is to be done for good says who and why there."""
    found = line.get("intention")
    return found if isinstance(found, Mapping) else {}


def _first(said: Line, names: Iterable[str]) -> str | None:
    found = (said.get(name) for name in names)
    return next((text for text in found if isinstance(text, str) and text), None)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
