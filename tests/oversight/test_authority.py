from __future__ import annotations

import getpass

import pytest

from lfr_batch.errors import AuthorityError
from lfr_batch.oversight.authority import Authority, require_authority

CASE, BY, WHY = "OP-1", "Insp. A. Example, ref 12/2026", "identify a suspect"


def test_what_was_stated_is_kept() -> None:
    assert require_authority(CASE, BY, WHY, operator="jo") == Authority(CASE, BY, WHY, "jo")


def test_white_space_and_line_breaks_are_made_plain() -> None:
    stated = require_authority(" OP-1\n", "Insp.\tA.  Example", WHY)
    assert (stated.case_ref, stated.authority) == ("OP-1", "Insp. A. Example")


@pytest.mark.parametrize(
    ("case", "by", "why", "missing"),
    [
        (None, BY, WHY, ["--case"]),
        ("", BY, WHY, ["--case"]),
        (" \t\n", BY, WHY, ["--case"]),
        (CASE, None, WHY, ["--authority"]),
        (CASE, BY, None, ["--purpose"]),
        (CASE, " ", "", ["--authority", "--purpose"]),
        (None, None, None, ["--case", "--authority", "--purpose"]),
    ],
)
def test_whatever_is_missing_is_named_with_an_example(
    case: str | None, by: str | None, why: str | None, missing: list[str]
) -> None:
    with pytest.raises(AuthorityError) as caught:
        require_authority(case, by, why)
    stated = str(caught.value)
    assert [option for option in ("--case", "--authority", "--purpose") if option in stated] == (
        missing
    )
    assert all(f'{option} "' in stated for option in missing)


def test_an_enrolment_needs_no_purpose() -> None:
    assert require_authority(CASE, BY, needs_purpose=False).purpose == ""


def test_an_enrolment_needs_case_and_authority() -> None:
    with pytest.raises(AuthorityError, match="--case and --authority"):
        require_authority(None, None, needs_purpose=False)


@pytest.mark.parametrize("operator", [None, "", "  "])
def test_the_operator_is_who_is_logged_in_unless_named(operator: str | None) -> None:
    assert require_authority(CASE, BY, WHY, operator=operator).operator == getpass.getuser()


def test_a_user_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    assert require_authority(CASE, BY, WHY).operator == "unknown"


@pytest.mark.parametrize("hidden", ["\x00", "\x1b[31m", "\u200b", "\u202e"])
def test_control_characters_do_not_count_as_something_stated(hidden: str) -> None:
    with pytest.raises(AuthorityError, match="--case"):
        require_authority(hidden[0], BY, WHY)
    assert hidden[0] not in require_authority(f"OP{hidden}-1", BY, WHY).case_ref
