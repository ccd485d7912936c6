"""Every search carries a case, an authority and a purpose, and the name of who made it."""

from __future__ import annotations

import getpass
import re
from dataclasses import dataclass

from lfr_batch.errors import AuthorityError
from lfr_batch.visible import plain_line

EXAMPLES = {
    "--case": "OP-1",
    "--authority": "Insp. A. Example, ref 12/2026",
    "--purpose": "identify the suspect of …",
}

_AUTHORISATION = re.compile(r"AUTH-\d{6,}-?\w*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Authority:
    """What an operator answers for. ``purpose`` is empty where none is asked (enrolment)."""

    case_ref: str
    """Reference of the case."""
    authority: str
    """Who authorised it: rank, name, reference; or the id of an authorisation."""
    purpose: str
    """Why it is done."""
    operator: str
    """Who does it."""
    authorisation_id: str | None = None
    """The authorisation that ``authority`` names, once it was found to hold; None: a text."""


def is_authorisation_id(text: str | None) -> bool:
    """Whether it is meant as the id of an authorisation, like AUTH-20261128-3f2a7c, and no text."""
    return _AUTHORISATION.fullmatch(plain_line(text)) is not None


def require_authority(
    case: str | None,
    authority: str | None,
    purpose: str | None = None,
    *,
    operator: str | None = None,
    needs_purpose: bool = True,
) -> Authority:
    """Raises AuthorityError naming every option that is missing or blank."""
    stated = {"--case": plain_line(case), "--authority": plain_line(authority)}
    if needs_purpose:
        stated["--purpose"] = plain_line(purpose)
    missing = [option for option, text in stated.items() if not text]
    if missing:
        example = " ".join(f'{option} "{EXAMPLES[option]}"' for option in missing)
        raise AuthorityError(
            f"{' and '.join(missing)} must be stated before any face is compared; "
            f"give for example: {example}"
        )
    return Authority(
        stated["--case"], stated["--authority"], plain_line(purpose), operator_name(operator)
    )


def operator_name(stated: str | None) -> str:
    """Who acts: as stated, else the login name."""
    return plain_line(stated) or _login()


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in the password database, and no variable
        return "unknown"
