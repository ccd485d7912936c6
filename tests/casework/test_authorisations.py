"""Authorisations: asked for by one, decided by another, once; and what they allow."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lfr_batch.casework import authorisations
from lfr_batch.casework.authorisations import (
    Authorisation,
    authorisations_of,
    find_authorisation,
    grant,
    refuse,
    request_authorisation,
    undecided,
)
from lfr_batch.casework.authorised import authorised, granted
from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.cases import close_case, open_case
from lfr_batch.config.policy import AuthorisationPolicy, CasesPolicy, Policy
from lfr_batch.errors import AuthorityError, LfrError, UsageError
from lfr_batch.oversight.authority import Authority, is_authorisation_id
from lfr_batch.oversight.put import lines_on_record, verify_record

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LISTED = ("missing person", "threat to life")


def asked(files: CaseFiles, purpose: str = "find him", **more: Any) -> Authorisation:
    return request_authorisation(files, "OP-1", purpose, "anna", now=NOW, **more)


def events(files: CaseFiles) -> list[str]:
    return [line["event"] for line in lines_on_record(files.home, files.s3)]


@pytest.fixture(autouse=True)
def opened(request: pytest.FixtureRequest) -> None:
    for name in ("files", "on_disk"):
        if name in request.fixturenames:
            open_case(request.getfixturevalue(name), "OP-1", *LISTED, "anna")


def test_no_two_cases_have_an_authorisation_of_one_id(
    on_disk: CaseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is granted by its id alone."""
    open_case(on_disk, "OP-2", *LISTED, "anna")
    letters = iter(["3f2a7c", "3f2a7c", "00ab12"])
    drawn = SimpleNamespace(token_hex=lambda _: next(letters))
    monkeypatch.setattr(authorisations, "secrets", drawn)
    one, other = asked(on_disk), asked(on_disk, "OP-2")
    assert one.authorisation_id != other.authorisation_id
    for each in (one, other):
        assert grant(on_disk, each.authorisation_id, "chief", now=NOW).case_ref == each.case_ref


def test_one_asks_and_another_grants(files: CaseFiles) -> None:
    found = asked(files)
    assert found.state == "requested"
    assert is_authorisation_id(found.authorisation_id)
    assert undecided(authorisations_of(files)) == [found]
    done = grant(files, found.authorisation_id.lower(), "chief", valid_for="14d", now=NOW)
    assert find_authorisation(files, found.authorisation_id) == done
    assert (done.state, done.is_expired(NOW)) == ("granted", False)
    assert done.is_expired(NOW + timedelta(days=14))
    assert done.in_words(NOW) == (
        "granted by chief on 2026-11-28 12:00 UTC, until 2026-12-12 12:00 UTC"
    )
    assert events(files) == ["case.opened", "authorisation.requested", "authorisation.granted"]
    assert undecided(authorisations_of(files, "OP-1")) == []
    assert authorisations_of(files, "OP-2") == []


def test_a_refusal_has_a_reason_and_stands(on_disk: CaseFiles) -> None:
    name = asked(on_disk).authorisation_id
    with pytest.raises(UsageError, match="Refused why"):
        refuse(on_disk, name, "chief", " ")
    assert refuse(on_disk, name, "chief", "no ground").decision
    for again in (grant, refuse):
        more: Any = {} if again is grant else {"reason": "other"}
        with pytest.raises(AuthorityError, match="was refused already, by chief on"):
            again(on_disk, name, "boss", **more)
    assert events(on_disk)[-1] == "authorisation.refused"


def test_what_waits_is_not_asked_for_twice(on_disk: CaseFiles) -> None:
    """A double click, a lost answer; other words, more haste or somebody else are another."""
    first = asked(on_disk)
    later = NOW + timedelta(hours=1)
    again = request_authorisation(on_disk, "OP-1", " find  him\n", "Anna", now=later)
    assert again == first
    assert events(on_disk).count("authorisation.requested") == 1
    others = [
        request_authorisation(on_disk, "OP-1", *said, urgent=urgent, now=NOW)
        for *said, urgent in [
            ("find her", "anna", False),
            ("find him", "ben", False),
            ("find him", "anna", True),
        ]
    ]
    assert len({each.authorisation_id for each in (first, *others)}) == 4
    refuse(on_disk, first.authorisation_id, "chief", "no ground")
    assert asked(on_disk).authorisation_id != first.authorisation_id


def test_asked_for_at_once_it_is_one(on_disk: CaseFiles) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = {each.authorisation_id for each in pool.map(lambda _: asked(on_disk), range(8))}
    assert found == {each.authorisation_id for each in authorisations_of(on_disk)}
    assert len(found) == events(on_disk).count("authorisation.requested") == 1


def test_a_decision_that_is_sent_again_is_the_same(on_disk: CaseFiles) -> None:
    granted_one, refused_one = (asked(on_disk, why).authorisation_id for why in ("a", "b"))
    done = grant(on_disk, granted_one, "chief", valid_for="14d", reason="fair", now=NOW)
    no = refuse(on_disk, refused_one, "chief", "no ground", now=NOW)
    before = events(on_disk)
    assert grant(on_disk, granted_one, "Chief", valid_for="14d", reason="fair") == done
    assert refuse(on_disk, refused_one, "chief", "no ground") == no
    for valid_for, reason in (("13d", "fair"), ("14d", "unfair")):
        with pytest.raises(AuthorityError, match="was granted already, by chief"):
            grant(on_disk, granted_one, "chief", valid_for=valid_for, reason=reason)
    assert events(on_disk) == before


def test_no_two_have_one_name(files: CaseFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of two cases: whoever grants names it alone."""
    open_case(files, "OP-2", *LISTED, "anna")
    drawn, real = iter(["aaaaaa", "aaaaaa", "bbbbbb"]), secrets.token_hex
    monkeypatch.setattr("secrets.token_hex", lambda n: next(drawn) if n == 3 else real(n))
    first = asked(files)
    second = request_authorisation(files, "OP-2", "find him", "anna", now=NOW)
    assert first.authorisation_id[-6:] == "aaaaaa"
    assert second.authorisation_id[-6:] == "bbbbbb"


@pytest.mark.parametrize("by", ["anna", " Anna", "ANNA\u200b"])
def test_nobody_decides_what_they_have_asked_for(on_disk: CaseFiles, by: str) -> None:
    name, before = asked(on_disk).authorisation_id, events(on_disk)
    with pytest.raises(AuthorityError, match="somebody else decides it"):
        grant(on_disk, name, by)
    with pytest.raises(AuthorityError, match="somebody else decides it"):
        refuse(on_disk, name, by, "no")
    assert find_authorisation(on_disk, name).decision is None
    assert events(on_disk) == before


def test_of_two_at_once_one_decides(files: CaseFiles) -> None:
    """However they meet: both may be on record, and the log says which came second."""
    for _ in range(4):
        name = asked(files).authorisation_id
        barrier, said = threading.Barrier(2), list[str]()

        def decide(by: str, name: str = name, barrier: Any = barrier, said: Any = said) -> None:
            barrier.wait()
            try:
                grant(files, name, by)
            except AuthorityError as error:
                said.append(str(error))

        both = [threading.Thread(target=decide, args=(by,)) for by in ("chief", "boss")]
        for each in both:
            each.start()
        for each in both:
            each.join()
        (refused,) = said
        decided = find_authorisation(files, name).decision
        assert decided is not None
        assert f"{name} was granted already, by {decided.decided_by} on" in refused
    lines = list(lines_on_record(files.home, files.s3))
    second = [line["line"] for line in lines if line["event"] == "authorisation.decided_before"]
    decisions = [line["n"] for line in lines if line["event"] == "authorisation.granted"]
    assert len(decisions) - len(second) == 4
    verify_record(files.home, files.s3, None, ())


def test_who_is_killed_before_the_decision_is_written_has_decided_nothing(
    on_disk: CaseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = asked(on_disk).authorisation_id

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("lfr_batch.storage.local_store.LocalStore.write_new", killed)
        with pytest.raises(KeyboardInterrupt):
            grant(on_disk, name, "chief")
    assert find_authorisation(on_disk, name).decision is None
    done = refuse(on_disk, name, "chief", "no ground")
    assert done.decision
    (*_, last) = lines_on_record(on_disk.home, on_disk.s3)
    assert done.decision.log_line.sha256 == last["sha256"]


@pytest.mark.parametrize(
    ("case_ref", "purpose", "by", "urgent", "said"),
    [
        ("OP-9", "find", "anna", False, "There is no case 'OP-9' here"),
        ("OP-1", " ", "anna", False, "Authorised for what"),
        ("CLOSED", "find", "anna", False, "Case CLOSED is closed"),
        ("OURS", "find", "carl", False, "carl may not see case OURS"),
        ("OP-1", "find", "anna", True, r"Nothing is urgent by this policy"),
    ],
)
def test_what_is_not_asked_for(
    on_disk: CaseFiles, case_ref: str, purpose: str, by: str, urgent: bool, said: str
) -> None:
    for name in ("CLOSED", "OURS"):
        open_case(on_disk, name, *LISTED, "anna", may_see=["anna"])
    close_case(on_disk, "CLOSED", "anna")
    files, before = CaseFiles(on_disk.home, on_disk.s3), events(on_disk)
    with pytest.raises(LfrError, match=said):
        request_authorisation(files, case_ref, purpose, by, urgent=urgent)
    assert (authorisations_of(files), events(files)) == ([], before)


def test_none_is_valid_for_longer_than_the_policy_says(on_disk: CaseFiles) -> None:
    name = asked(on_disk).authorisation_id
    with pytest.raises(UsageError, match=r"authorisation\.valid_for\): 30 days at most"):
        grant(on_disk, name, "chief", valid_for="31d")
    with pytest.raises(UsageError, match="--valid-for 'soon': it is no period"):
        grant(on_disk, name, "chief", valid_for="soon")
    close_case(on_disk, "OP-1", "anna")
    with pytest.raises(AuthorityError, match="Case OP-1 is closed"):
        grant(on_disk, name, "chief")
    assert find_authorisation(on_disk, name).decision is None


def stated(authority: str, case_ref: str = "OP-1", purpose: str = "") -> Authority:
    return Authority(case_ref, authority, purpose, "anna")


def test_what_was_granted_holds_with_its_purpose(on_disk: CaseFiles) -> None:
    name = asked(on_disk).authorisation_id
    grant(on_disk, name, "chief", now=NOW)
    found = authorised(on_disk, stated(name.lower()), NOW)
    assert found.stated == Authority("OP-1", name, "find him", "anna", name)
    assert found.decide_by is None
    assert authorised(on_disk, stated(name, purpose="more"), NOW).stated.purpose == "more"


def test_a_text_is_authority_where_the_policy_says_so(on_disk: CaseFiles) -> None:
    given = stated("Insp. A, ref 1", "OP-7", "find")
    assert authorised(on_disk, given, NOW).stated == given
    rules = Policy(authorisation=AuthorisationPolicy(text=False))
    with pytest.raises(AuthorityError, match=r"authorisation\.text is false"):
        authorised(CaseFiles(on_disk.home, on_disk.s3, rules), given, NOW)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (stated("AUTH-20261128-ffff"), "There is no authorisation AUTH-20261128-ffff"),
        (stated("AUTH-20261128"), "There is no authorisation AUTH-20261128:"),
        (stated("granted", "OTHER"), r"AUTH-\S+ is of case OP-1, not of OTHER: give --case"),
        (stated("requested"), "is not granted yet .*: somebody else than anna grants it"),
        (stated("refused"), "holds no more: it was refused by chief"),
        (stated("expired"), "holds no more: it was granted by chief .* expired on 2026-11-28"),
        (stated("text", "CLOSED"), "Case CLOSED is closed"),
        (stated("text", "OURS"), "anna may not see case OURS"),
        (stated("text", "UNKNOWN"), "There is no case 'UNKNOWN' here"),
        (stated("late"), "was urgent and was not decided in its time"),
    ],
)
def test_what_authorises_nothing(on_disk: CaseFiles, given: Authority, said: str) -> None:
    for case_ref in ("OTHER", "CLOSED", "OURS"):
        seen = ["ben"] if case_ref == "OURS" else []
        open_case(on_disk, case_ref, *LISTED, "ben", may_see=seen)
    close_case(on_disk, "CLOSED", "ben")
    states = ("granted", "requested", "refused", "expired")
    names = {state: asked(on_disk, state).authorisation_id for state in states}
    names["late"] = asked(on_disk, urgent=True).authorisation_id
    grant(on_disk, names["granted"], "chief", now=NOW)
    grant(on_disk, names["expired"], "chief", valid_for="1h", now=NOW)
    refuse(on_disk, names["refused"], "chief", "no ground", now=NOW)
    rules = Policy(cases=CasesPolicy(known_only=True), authorisation=on_disk.rules.authorisation)
    files, before = CaseFiles(on_disk.home, on_disk.s3, rules), events(on_disk)
    authority = names.get(given.authority, given.authority)
    with pytest.raises(AuthorityError, match=said):
        authorised(files, Authority(given.case_ref, authority, "", "anna"), NOW + timedelta(days=1))
    assert events(files) == before


def test_an_urgent_one_goes_ahead_until_its_time_is_over(on_disk: CaseFiles) -> None:
    name = asked(on_disk, urgent=True).authorisation_id
    found = authorised(on_disk, stated(name), NOW + timedelta(hours=23))
    assert found.decide_by == NOW + timedelta(hours=24)
    with pytest.raises(AuthorityError, match="an evaluation waits until it is, however urgent"):
        granted(on_disk, stated(name), NOW, "an evaluation")
    with pytest.raises(AuthorityError, match="is not granted yet"):
        authorised(CaseFiles(on_disk.home, on_disk.s3), stated(name), NOW)
    grant(on_disk, name, "chief", now=NOW + timedelta(hours=30))
    assert authorised(on_disk, stated(name), NOW + timedelta(hours=31)).decide_by is None
    assert granted(on_disk, stated(name), NOW, "a deployment").authorisation_id == name
