"""Cases and authorisations, as people in a browser ask for them and decide them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lfr_batch.casework.authorisations import (
    Authorisation,
    authorisations_of,
    find_authorisation,
    grant,
    refuse,
    request_authorisation,
)
from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.cases import (
    Case,
    cases_of,
    change_case,
    close_case,
    load_case,
    may_see,
    open_case,
)
from lfr_batch.casework.examination import same_person
from lfr_batch.console.users import User
from lfr_batch.errors import AuthorityError
from lfr_batch.office.messages import Message
from lfr_batch.office.roles import office_may
from lfr_batch.visible import plain_line

LookAtClocks = Callable[[], object]
"""Withhold, put back and destroy what is due (``front.clocks``)."""


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """Every method may be called from any thread, and waits for the disk. Of what somebody may not
    see nothing is said: AuthorityError, as of a case that there is not."""

    files: CaseFiles
    look_at_clocks: LookAtClocks

    def may_see(self, case_ref: str, user: User) -> bool:
        return may_see(load_case(self.files, case_ref), user.name, user.role)

    def lists(self) -> Message:
        """What the house lets one choose from."""
        rules = self.files.rules
        return {
            "kinds_of_use": list(rules.cases.kinds_of_use),
            "harm": list(rules.cases.harm),
            "valid_for": rules.authorisation.valid_for,
            "urgent": rules.authorisation.urgent,
            "version": rules.cases.version,
            "evidence_keys": sorted(rules.evidence.keys),
        }

    def cases(self, user: User) -> list[Message]:
        """Those that they may see, the last that was opened first, with what was authorised."""
        seen = [each for each in cases_of(self.files) if may_see(each, user.name, user.role)]
        asked = authorisations_of(self.files)
        return [self._told(case, user, asked) for case in seen]

    def open(
        self, user: User, case_ref: str, kind: str, harm: str, who: list[str], keep: str | None
    ) -> Message:
        """Also one that was closed, by whoever may see it. Raises UsageError, StoreError,
        AuditBroken."""
        if not self.may_see(plain_line(case_ref), user):
            raise AuthorityError("That reference cannot be used: choose another.")
        made = open_case(
            self.files, case_ref, kind, harm, user.name, may_see=who, retention=keep or None
        )
        return self._told(made, user)

    def change(self, user: User, case_ref: str, who: list[str], keep: str | None) -> Message:
        """All of it, as the form says it. Raises AuthorityError, UsageError, StoreError."""
        self._require(user, case_ref)
        made = change_case(
            self.files,
            case_ref,
            user.name,
            may_see=who,
            retention=keep or None,
            as_policy=not keep,
        )
        return self._told(made, user)

    def close(self, user: User, case_ref: str) -> Message:
        self._require(user, case_ref)
        return self._told(close_case(self.files, case_ref, user.name), user)

    def request(self, user: User, case_ref: str, purpose: str, *, urgent: bool) -> Message:
        """Raises AuthorityError, UsageError, StoreError, AuditBroken."""
        self._require(user, case_ref)
        asked = request_authorisation(self.files, case_ref, purpose, user.name, urgent=urgent)
        return self._of_authorisation(asked, user)

    def grant(self, user: User, name: str, valid_for: str | None, reason: str) -> Message:
        """What was withheld is put back. Raises as ``authorisations.grant``."""
        self._require_authorisation(user, name)
        made = grant(self.files, name, user.name, valid_for=valid_for or None, reason=reason)
        self.look_at_clocks()
        return self._of_authorisation(made, user)

    def refuse(self, user: User, name: str, reason: str) -> Message:
        """What was searched under it is destroyed. Raises as ``authorisations.refuse``."""
        self._require_authorisation(user, name)
        made = refuse(self.files, name, user.name, reason)
        self.look_at_clocks()
        return self._of_authorisation(made, user)

    def _require(self, user: User, case_ref: str) -> None:
        """Whether there is none, or they may not see it, is not told."""
        case = load_case(self.files, case_ref)
        if case is None or not may_see(case, user.name, user.role):
            raise AuthorityError("There is no such case that you may see.")

    def _require_authorisation(self, user: User, name: str) -> None:
        try:
            self._require(user, find_authorisation(self.files, name).case_ref)
        except AuthorityError as error:
            raise AuthorityError("There is no such authorisation that you may decide.") from error

    def _told(
        self, case: Case, user: User, asked: Sequence[Authorisation] | None = None
    ) -> Message:
        if asked is None:
            asked = authorisations_of(self.files, case.case_ref)
        own = [each for each in asked if each.case_ref == case.case_ref]
        return {
            "case_ref": case.case_ref,
            "kind_of_use": case.kind_of_use,
            "harm": case.harm,
            "may_see": list(case.may_see),
            "retention": case.retention,
            "opened_by": case.opened_by,
            "opened_at": case.opened_at.isoformat(),
            "closed_by": case.closed_by,
            "closed_at": case.closed_at and case.closed_at.isoformat(),
            "is_open": case.is_open,
            "authorisations": [self._of_authorisation(each, user) for each in own],
        }

    def _of_authorisation(self, each: Authorisation, user: User) -> Message:
        now, asked, decided = datetime.now(UTC), each.request, each.decision
        own = same_person(asked.requested_by, user.name)
        return {
            "authorisation_id": each.authorisation_id,
            "case_ref": each.case_ref,
            "purpose": asked.purpose,
            "state": "expired" if each.is_expired(now) else each.state,
            "words": each.in_words(now),
            "urgent": asked.urgent,
            "decide_by": asked.decide_by and asked.decide_by.isoformat(),
            "requested_by": asked.requested_by,
            "requested_at": asked.requested_at.isoformat(),
            "decided_by": decided and decided.decided_by,
            "decided_at": decided and decided.decided_at.isoformat(),
            "reason": decided and decided.reason,
            "valid_until": decided and decided.valid_until and decided.valid_until.isoformat(),
            "asked_by_me": own,
            "for_me": decided is None and not own and office_may(user.role, "authorise"),
        }
