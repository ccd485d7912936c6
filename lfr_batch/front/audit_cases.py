"""Cases and authorisations, beside what the audit log says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from pydantic import TypeAdapter, ValidationError

from lfr_batch.casework.case_files import CASES, CLOCKS
from lfr_batch.errors import AuditBroken
from lfr_batch.oversight.audit_facts import Facts
from lfr_batch.results.run_state import LogLine
from lfr_batch.storage.store import Store

_LINE: TypeAdapter[LogLine] = TypeAdapter(LogLine)


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A file below ``cases``."""

    path: str
    line: LogLine
    said: Mapping[str, Any]
    """By the names that its line has."""

    @property
    def at(self) -> datetime | None:
        """When it came to be; of a case, when that was opened."""
        names = ("decided_at", "requested_at", "opened_at")
        found = next((self.said[name] for name in names if self.said.get(name)), None)
        return found if isinstance(found, datetime) else None


def case_records(home: Store) -> tuple[CaseRecord, ...]:
    """Raises StoreError, and AuditBroken for one that is damaged, by name."""
    paths = (path for path in home.list(CASES) if not path.startswith(CLOCKS))
    return tuple(_read(home, path) for path in paths)


def _read(home: Store, path: str) -> CaseRecord:
    try:
        said = dict(json.loads(home.read(path)))
        line = _LINE.validate_python(said.pop("log_line", None))
    except (ValueError, TypeError, ValidationError) as error:
        raise AuditBroken(
            f"{path} in {home.uri} is damaged: restore it from a copy, and find out who had access"
        ) from error
    return CaseRecord(path, line, _plain({**said, **_more(path, said)}))


def _more(path: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What its line says in other words."""
    folder = PurePath(path).parent.name
    if folder == "authorisations":
        return {"event": "authorisation.requested", "by": said.get("requested_by")}
    if folder == "decisions":
        event = f"authorisation.{said.get('state')}"
        name = PurePath(path).stem
        return {"event": event, "by": said.get("decided_by"), "authorisation_id": name}
    return {}


def unlike_its_line(records: Sequence[CaseRecord], facts: Facts) -> Iterator[CaseRecord]:
    """Those that say what the log does not: somebody put them there, or changed them. Pure."""
    for each in records:
        said = _plain(facts.of_cases.get(each.line.n, {}))
        shared = each.said.keys() & said.keys()
        is_known = bool(said) and facts.has_line(each.line.n, each.line.sha256)
        if not is_known or any(each.said[name] != said[name] for name in shared):
            yield each


def never_written(records: Sequence[CaseRecord], facts: Facts) -> Iterator[str]:
    """Sentences, of lines without a record. Pure."""
    for number in sorted(facts.of_cases.keys() - {each.line.n for each in records}):
        line = facts.of_cases[number]
        which = line.get("authorisation_id") or line.get("case_ref")
        yield (
            f"line {number} ({line['event']} {which}) has no record, and does not count: the "
            "process died before it was written, or somebody took it away"
        )


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Moments as moments, however they are written. Pure."""
    return {name: _moment(value) for name, value in said.items()}


def _moment(value: Any) -> Any:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return found if found.tzinfo else value
