"""Every search carries a case, an authority and a purpose, and the name of who made it."""

from __future__ import annotations

import getpass
from dataclasses import dataclass

from lfr_batch.errors import AuthorityError

EXAMPLES = {
    "--case": "OP-1",
    "--authority": "Insp. A. Example, ref 12/2026",
    "--purpose": "identify the suspect of …",
}


@dataclass(frozen=True, slots=True)
class Authority:
    """What an operator answers for. ``purpose`` is empty where none is asked (enrolment)."""

    case_ref: str
    authority: str
    purpose: str
    operator: str


def require_authority(
    case: str | None,
    authority: str | None,
    purpose: str | None = None,
    *,
    operator: str | None = None,
    needs_purpose: bool = True,
) -> Authority:
    """Raises AuthorityError naming every option that is missing or blank."""
    stated = {"--case": _plain(case), "--authority": _plain(authority)}
    if needs_purpose:
        stated["--purpose"] = _plain(purpose)
    missing = [option for option, text in stated.items() if not text]
    if missing:
        example = " ".join(f'{option} "{EXAMPLES[option]}"' for option in missing)
        raise AuthorityError(
            f"{' and '.join(missing)} must be stated before any face is compared; "
            f"give for example: {example}"
        )
    return Authority(
        stated["--case"], stated["--authority"], _plain(purpose), operator_name(operator)
    )


def operator_name(stated: str | None) -> str:
    """Who acts: as stated, else the login name."""
    return _plain(stated) or _login()


def _plain(text: str | None) -> str:
    """One line of what can be seen: a record must not hold what a reader cannot notice."""
    visible = (letter for letter in text or "" if letter.isprintable() or letter.isspace())
    return " ".join("".join(visible).split())


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in the password database, and no variable
        return "unknown"
