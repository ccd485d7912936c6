"""A case: what it is for, who may see it, how long its runs are kept, and until when it is open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from lfr_batch.casework.case_files import CASES, CaseFiles, case_file, folder_of
from lfr_batch.casework.examination import same_person
from lfr_batch.config.policy import period_of
from lfr_batch.errors import AuthorityError, StoreError, UsageError
from lfr_batch.results.run_state import LogLine
from lfr_batch.visible import plain_line

OPENED, CHANGED, CLOSED = "case.opened", "case.changed", "case.closed"
"""Events in the audit log."""
SEES_ALL = "auditor"
"""The role that sees every case."""


class Case(BaseModel):
    """As it is now."""

    model_config = ConfigDict(frozen=True)

    case_ref: str
    kind_of_use: str
    """Of ``cases.kinds_of_use`` in the policy of that version."""
    harm: str
    """Of ``cases.harm``."""
    may_see: tuple[str, ...] = ()
    """Names; nobody: everybody may."""
    retention: str | None = None
    """How long its runs are kept, like 90d; None: as the policy says."""
    opened_by: str
    opened_at: AwareDatetime
    closed_by: str | None = None
    closed_at: AwareDatetime | None = None
    policy_version: int
    """``cases.version`` when it was opened."""
    log_line: LogLine
    """Of the audit log: that it came to be as it is."""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


def may_see(case: Case | None, name: str, role: str | None = None) -> bool:
    """Whether somebody may; an auditor sees every case, and everybody one that was not opened."""
    if case is None or not case.may_see or role == SEES_ALL:
        return True
    return any(same_person(name, each) for each in case.may_see)


def load_case(files: CaseFiles, case_ref: str) -> Case | None:
    """None where no such case was opened. Raises StoreError, also for a file that is damaged."""
    found = files.store.list(f"{folder_of(case_ref)}/case")
    return _read(files, found[-1]) if found else None


def cases_of(files: CaseFiles) -> list[Case]:
    """Every case of a home, the last that was opened first. Raises StoreError."""
    newest: defaultdict[str, str] = defaultdict(str)
    for path in files.store.list(CASES):
        folder, _, name = path.rpartition("/")
        if folder.endswith("/case"):
            newest[folder] = max(newest[folder], f"{folder}/{name}")
    found = [_read(files, path) for path in newest.values()]
    return sorted(found, key=lambda case: (case.opened_at, case.case_ref), reverse=True)


def open_case(
    files: CaseFiles,
    case_ref: str,
    kind_of_use: str,
    harm: str,
    by: str,
    *,
    may_see: Sequence[str] = (),
    retention: str | None = None,
    now: datetime | None = None,
) -> Case:
    """Open a case, or one that was closed again.

    Raises UsageError for one that is open, and for what is not in the policy's lists; StoreError,
    AuditBroken.
    """
    name, rules, at = _named(case_ref), files.rules.cases, now or datetime.now(UTC)
    with files.changing(name):
        number, known = _newest(files, name)
        if known and known.is_open:
            raise UsageError(
                f"Case {name} is open already, since {known.opened_at:%Y-%m-%d} by "
                f"{known.opened_by}: `lfr case change` says otherwise who may see it."
            )
        said = {
            "case_ref": name,
            "kind_of_use": _listed(kind_of_use, rules.kinds_of_use, "--kind", "kinds_of_use"),
            "harm": _listed(harm, rules.harm, "--harm", "harm"),
            "may_see": _names(may_see),
            "retention": _period(retention),
            "policy_version": rules.version,
        }
        return _written(files, number, OPENED, by, {**said, "opened_by": by, "opened_at": at})


def change_case(
    files: CaseFiles,
    case_ref: str,
    by: str,
    *,
    may_see: Sequence[str] | None = None,
    retention: str | None = None,
    as_policy: bool = False,
) -> Case:
    """Say otherwise who may see a case, or how long its runs are kept; None: as it was.

    ``may_see``: all who may; empty: everybody. ``as_policy``: its runs are kept as the policy says.
    Raises AuthorityError for one that is not open or that ``by`` may not see; UsageError.
    """
    with files.changing(case_ref):
        number, case = _newest(files, case_ref)
        case = require_open_case(case, case_ref, by)
        changed: dict[str, Any] = {}
        if may_see is not None:
            changed["may_see"] = _names(may_see)
        if retention is not None or as_policy:
            changed["retention"] = _period(retention)
        if not changed:
            raise UsageError(
                "Change what of the case? Give --may-see, --everybody, --keep, or --keep-as-policy."
            )
        return _written(files, number, CHANGED, by, {**_said(case), **changed})


def close_case(files: CaseFiles, case_ref: str, by: str, now: datetime | None = None) -> Case:
    """From then on nothing is searched for it. Raises as ``change_case``."""
    with files.changing(case_ref):
        number, case = _newest(files, case_ref)
        case = require_open_case(case, case_ref, by)
        closed = {"closed_by": by, "closed_at": now or datetime.now(UTC)}
        return _written(files, number, CLOSED, by, {**_said(case), **closed})


def require_case(case: Case | None, case_ref: str, by: str, role: str | None = None) -> Case:
    """Raises AuthorityError for a case that was not opened, or that is none of theirs who ask."""
    if case is None:
        raise AuthorityError(
            f"There is no case {case_ref!r} here: `lfr case open` opens it, `lfr case list` shows "
            "those there are."
        )
    if not may_see(case, by, role):
        raise AuthorityError(
            f"{by} may not see case {case_ref}: somebody who may adds the name with "
            f'`lfr case change "{case_ref}" --may-see …`.'
        )
    return case


def require_open_case(case: Case | None, case_ref: str, by: str, role: str | None = None) -> Case:
    """As ``require_case``, and raises AuthorityError for one that is closed."""
    case = require_case(case, case_ref, by, role)
    if case.closed_at is not None:
        raise AuthorityError(
            f"Case {case_ref} is closed, since {case.closed_at:%Y-%m-%d} by {case.closed_by}: "
            "`lfr case open` opens it again."
        )
    return case


def _newest(files: CaseFiles, case_ref: str) -> tuple[int, Case | None]:
    found = files.store.list(f"{folder_of(case_ref)}/case")
    return (len(found), _read(files, found[-1])) if found else (0, None)


def _written(files: CaseFiles, number: int, event: str, by: str, said: dict[str, Any]) -> Case:
    """Raises UsageError where somebody else was first."""
    shown = {name: _plain(value) for name, value in said.items()}
    line = files.on_record(event, {"by": by, **shown})
    case = Case(**said, log_line=line)
    data = case.model_dump_json(indent=1).encode()
    path = case_file(case.case_ref, number + 1)
    if not files.store.write_new(path, data) and files.store.read(path) != data:
        raise UsageError(
            f"Case {case.case_ref} was changed by somebody else at the same time: look at it with "
            "`lfr case show`, and say it again."
        )
    return case


def _said(case: Case) -> dict[str, Any]:
    return case.model_dump(exclude={"log_line"})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(files: CaseFiles, path: str) -> Case:
    try:
        return Case.model_validate_json(files.store.read(path))
    except ValueError as error:
        raise StoreError(
            f"{path} in {files.store.uri} is damaged: restore it from a copy"
        ) from error


def _named(case_ref: str) -> str:
    name = plain_line(case_ref)
    if not name:
        raise UsageError("Which case? Give its reference, as `lfr scan --case` will.")
    return name


def _listed(given: str, words: Sequence[str], option: str, key: str) -> str:
    """As the list has it. Raises UsageError."""
    found = next((word for word in words if same_person(word, given)), None)
    if found is None:
        raise UsageError(
            f"{option} {plain_line(given)!r} is not in cases.{key} of the policy: choose "
            f"{', '.join(words)}."
        )
    return found


def _names(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(plain_line, given))))


def _period(given: str | None) -> str | None:
    if given is None:
        return None
    try:
        period_of(given)
    except ValueError as error:
        raise UsageError(f"--keep {given!r}: {error}.") from error
    return given
