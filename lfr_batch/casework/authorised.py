"""Whether a run may begin, by what was stated: a text, or an authorisation and how that stands.

It is asked before any face is compared, and again at each tick of a standing job.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from lfr_batch.casework.authorisations import Authorisation, find_authorisation
from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.cases import load_case, require_open_case
from lfr_batch.errors import AuthorityError
from lfr_batch.oversight.authority import Authority, is_authorisation_id


@dataclass(frozen=True, slots=True)
class Authorised:
    """What holds."""

    stated: Authority
    """With the authorisation's id and, unless another was stated, its purpose."""
    authorisation: Authorisation | None
    """None: a text is authority enough."""

    @property
    def decide_by(self) -> datetime | None:
        """Until when a run's results are read without it; None: it was granted."""
        found = self.authorisation
        return found.request.decide_by if found and found.decision is None else None


def authorised(files: CaseFiles, stated: Authority, now: datetime) -> Authorised:
    """Raises AuthorityError: a case that is not known where the policy asks for that, closed, or
    none of theirs; an authorisation that there is not, of another case, refused, expired, or not
    granted yet; a text where the policy wants none. StoreError."""
    _require_case(files, stated)
    if not is_authorisation_id(stated.authority):
        _require_text(files, stated)
        return Authorised(replace(stated, authorisation_id=None), None)
    found = find_authorisation(files, stated.authority, stated.case_ref)
    name = found.authorisation_id
    if found.case_ref != stated.case_ref:
        raise AuthorityError(
            f"{name} is of case {found.case_ref}, not of {stated.case_ref}: give --case "
            f'"{found.case_ref}", or ask for another with `lfr authorise request`.'
        )
    _require_standing(found, files, now)
    purpose = stated.purpose or found.request.purpose
    said = replace(stated, authority=name, authorisation_id=name, purpose=purpose)
    return Authorised(said, found)


def granted(files: CaseFiles, stated: Authority, now: datetime, what: str) -> Authority:
    """What holds for ``what``, for which no clock is started. Raises as ``authorised``, and
    AuthorityError where it is yet to be granted."""
    found = authorised(files, stated, now)
    if found.decide_by is not None:
        name = found.stated.authorisation_id
        raise AuthorityError(
            f"{name} is not granted yet, and {what} waits until it is, however urgent: somebody "
            f"else than who asked grants it with `lfr authorise grant {name}`."
        )
    return found.stated


def _require_case(files: CaseFiles, stated: Authority) -> None:
    case = load_case(files, stated.case_ref)
    if case is not None or files.rules.cases.known_only:
        require_open_case(case, stated.case_ref, stated.operator)


def _require_text(files: CaseFiles, stated: Authority) -> None:
    if not files.rules.authorisation.text:
        raise AuthorityError(
            f"{stated.authority!r} is a text, and this policy takes authorisations alone "
            "(authorisation.text is false): ask for one with `lfr authorise request --case "
            f'"{stated.case_ref}" --purpose …` and give its id as --authority.'
        )


def _require_standing(found: Authorisation, files: CaseFiles, now: datetime) -> None:
    name, how = found.authorisation_id, found.in_words(now)
    if found.state == "refused" or found.is_expired(now):
        raise AuthorityError(
            f"{name} holds no more: it was {how}; ask for another with `lfr authorise request`."
        )
    if found.state == "granted":
        return
    if found.request.decide_by is None or files.rules.authorisation.urgent is None:
        raise AuthorityError(
            f"{name} is not granted yet ({how}): somebody else than {found.request.requested_by} "
            f"grants it with `lfr authorise grant {name}`."
        )
    if now >= found.request.decide_by:
        raise AuthorityError(
            f"{name} was urgent and was not decided in its time ({how}): nothing more is searched "
            f"before `lfr authorise grant {name}`."
        )
