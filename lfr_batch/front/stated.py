"""No face is compared, and nobody enrolled, before it is stated who answers for it."""

from __future__ import annotations

from lfr_batch.errors import AuthorityError
from lfr_batch.oversight.authority import Authority, is_authorisation_id, require_authority
from lfr_batch.visible import plain_line


def require_stated(stated: Authority, *, needs_purpose: bool = True) -> Authority:
    """What was stated, as it is put on record. Raises AuthorityError naming what is blank."""
    if not isinstance(stated, Authority):
        raise AuthorityError(
            "Nobody has stated who answers for this: give an Authority with case, authority, "
            "purpose and operator."
        )
    checked = require_authority(
        stated.case_ref,
        stated.authority,
        stated.purpose,
        operator=stated.operator,
        needs_purpose=needs_purpose,
    )
    if not plain_line(stated.operator):
        raise AuthorityError(
            "The operator must be stated before any face is compared: who acts, as a login name."
        )
    return checked


def require_stated_for_run(stated: Authority) -> Authority:
    """The same; where an authorisation is named its purpose is the run's, unless another is
    stated."""
    named = isinstance(stated, Authority) and is_authorisation_id(stated.authority)
    return require_stated(stated, needs_purpose=not named)
