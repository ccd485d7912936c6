"""Whoever has yet to decide gets no byte of what others concluded, nor of how the software scored;
what was rejected stays rejected."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import urllib3

from tests.office.made import ServedOffice, decision, path_of

WORDS = "a scar that only the first examiner has noticed"
BELOW = (
    "",
    "/thumbnail.jpg",
    "/shots/1.jpg",
    "/shots/2.jpg",
    "/enrolled/1/1.jpg",
    "/enrolled/2/1.jpg",
    "/enrolled/1/9.jpg",
)
SCORES = ("score", "relative_score", "margin", "threshold", "above_threshold")


@pytest.fixture
def run(office: ServedOffice) -> str:
    return office.runs()[0]


@pytest.fixture
def path(office: ServedOffice, run: str) -> str:
    return path_of(run, office.sightings(run)[0])


def every_answer(office: ServedOffice, name: str, run: str) -> Iterator[urllib3.BaseHTTPResponse]:
    """To all that this person may ask, and to some that they may not."""
    client = office.client(name)
    yield from (client.ask("GET", each) for each in ("/", "/api/me", "/api/runs"))
    for other in office.runs(name):
        yield client.ask("GET", f"/api/runs/{other}")
        for sighting_id in office.sightings(other, name):
            at = path_of(other, sighting_id)
            yield from (client.ask("GET", at + each) for each in BELOW)
    at = path_of(run, office.sightings(run, name)[0])
    for bad in (decision(subject_id="x"), decision(reason="x"), decision("x")):
        yield client.ask("POST", f"{at}/decisions", bad)
    yield client.ask("POST", f"{at}/outcomes", {"outcome": "charge", "reason": "so they say"})


def told(answer: urllib3.BaseHTTPResponse) -> str:
    return answer.data.decode("utf-8", "replace") + json.dumps(dict(answer.headers))


def keys_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_in(inner)


def test_no_byte_of_it_before_ones_own_is_saved(office: ServedOffice, run: str, path: str) -> None:
    scores = office.client("Ida").get(path)
    assert set(SCORES[:4]) < set(scores)
    digits = [f"{scores[each]:.4f}" for each in ("score", "threshold", "margin")]
    assert office.decide("Anne", path, reason=WORDS).status == 201
    for name in ("Bill", "Otto", "Uma"):
        for answer in every_answer(office, name, run):
            said = told(answer)
            hidden = (WORDS, "Anne", "same_strong", *digits)
            assert [each for each in hidden if each in said] == [], name
            if answer.headers["Content-Type"].startswith("application/json"):
                assert not set(keys_in(answer.json())) & set(SCORES), name


def test_it_is_told_once_ones_own_is_saved(office: ServedOffice, path: str) -> None:
    office.decide("Anne", path, reason=WORDS)
    mine = office.client("Anne").get(path)
    assert mine["revealed"]
    assert [each["examiner"] for each in mine["decisions"]] == ["Anne"]
    saved = office.decide("Bill", path, conclusion="different").json()
    assert saved["course"] == "third"
    assert [each["reason"] for each in saved["decisions"]] == [WORDS, "the same ear"]
    assert {"score", "threshold"} < set(saved)
    third = office.client("Caro").get(path)
    assert third["can_decide"]
    assert not third["revealed"]
    assert third["decisions"] == []
    assert WORDS not in json.dumps(third)


def test_no_pack_tells_whoever_may_yet_decide(office: ServedOffice, run: str, path: str) -> None:
    sighting_id = path.rsplit("/", 1)[-1]
    office.decide("Anne", path, reason=WORDS)
    bill = office.client("Bill")
    for wanted in ([sighting_id], []):
        order = {"redact": True, "why": "for disclosure", "sightings": wanted}
        answer = bill.ask("POST", f"/api/runs/{run}/evidence", order)
        assert answer.status == 409
        assert "Bill may yet decide" in answer.json()["error"]
    office.decide("Bill", path)
    both = {"redact": True, "why": "for disclosure", "sightings": [sighting_id], "to": ["court"]}
    told = bill.ask("POST", f"/api/runs/{run}/evidence", both, timeout=300)
    assert "Nothing is sealed in a redacted copy" in told.json()["error"], "it got as far as that"


def test_an_auditor_sees_all_at_once(office: ServedOffice, path: str) -> None:
    office.decide("Anne", path, reason=WORDS)
    seen = office.client("Ida").get(path)
    assert [each["reason"] for each in seen["decisions"]] == [WORDS]
    assert not seen["can_decide"]


def test_what_was_rejected_stays_rejected_in_a_later_run(office: ServedOffice) -> None:
    later, earlier = office.runs()
    gone = office.sightings(earlier)[0]
    assert office.client("Anne").get(f"/api/runs/{later}")["run"]["for_me"] == 2
    for name in ("Anne", "Bill"):
        office.decide(name, path_of(earlier, gone), conclusion="different")
    told = office.client("Caro").get(f"/api/runs/{later}")
    assert (told["run"]["for_me"], told["run"]["rejected_before"]) == (1, 1)
    (again,) = [each for each in told["sightings"] if each["rejected_before"]]
    assert again["rejected_before"]["run_id"] == earlier
    assert again["course"] == "eliminated"
    assert not again["for_me"]
    refused = office.decide("Caro", path_of(later, again["sighting_id"]))
    assert refused.status == 409
    assert f"rejected in run {earlier}" in refused.json()["error"]
    listed = {run["run_id"]: run for run in office.client("Caro").get("/api/runs")}
    assert (listed[earlier]["rejected_before"], listed[later]["rejected_before"]) == (0, 1)


def test_what_two_examiners_confirmed_is_decided_anew_in_a_later_run(office: ServedOffice) -> None:
    later, earlier = office.runs()
    for name in ("Anne", "Bill"):
        office.decide(name, path_of(earlier, office.sightings(earlier)[0]))
    assert office.client("Caro").get(f"/api/runs/{later}")["run"]["for_me"] == 2


def test_each_sighting_counts_once(office: ServedOffice) -> None:
    later, earlier = office.runs()
    for name in ("Anne", "Bill"):
        at = path_of(earlier, office.sightings(earlier)[0])
        office.decide(name, at, conclusion="different")
    for run in office.client("Caro").get("/api/runs"):
        counted = sum(run["courses"].values()) + run["rejected_before"]
        assert counted == run["sightings"], run
    assert office.client("Caro").get(f"/api/runs/{later}")["run"]["courses"]["eliminated"] == 0


def test_decisions_of_its_own_come_before_those_of_an_earlier_run(office: ServedOffice) -> None:
    """Also where they were begun before: nobody is told then what others made of it there."""
    later, earlier = office.runs()
    again = path_of(later, office.sightings(later)[0])
    office.decide("Anne", again)
    for name in ("Anne", "Bill"):
        office.decide(name, path_of(earlier, office.sightings(earlier)[0]), conclusion="different")
    seen = office.client("Caro").get(again)
    assert (seen["rejected_before"], seen["course"], seen["can_decide"]) == (None, "second", True)
    assert office.client("Caro").get(f"/api/runs/{later}")["run"]["rejected_before"] == 0
