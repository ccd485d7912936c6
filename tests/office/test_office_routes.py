"""Who may do what at which address, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.casework.decisions import new_id
from lfr_batch.console.users import remove_user
from lfr_batch.live.records import Role
from lfr_batch.office.roles import office_may
from lfr_batch.office.routes import QUEUE_VIEWED, SIGHTING_VIEWED
from lfr_batch.oversight import audit
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from tests.office.made import JPEG, PEOPLE, ServedOffice, copied, decision, path_of, served_office

OF_ROLE: Mapping[Role, str] = {role: name for name, role in [*PEOPLE.items()][::-1]}
OUTCOME = {"outcome": "arrest", "reason": "arrested on 3 May"}


@pytest.fixture(scope="module")
def shared(searched: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedOffice]:
    """One office for those who have a sighting of their own in it."""
    with served_office(copied(searched, tmp_path_factory.mktemp("shared"))) as made:
        yield made


@pytest.fixture(scope="module")
def fresh(shared: ServedOffice) -> Iterator[str]:
    """Paths of sightings of which nobody has said anything: each is for one test."""
    return iter([path_of(run, seen) for run in shared.runs() for seen in shared.sightings(run)])


@pytest.fixture
def own_path(fresh: Iterator[str]) -> str:
    return next(fresh)


@pytest.fixture
def run(office: ServedOffice) -> str:
    return office.runs()[0]


@pytest.fixture
def path(office: ServedOffice, run: str) -> str:
    """Of the run's first sighting."""
    return path_of(run, office.sightings(run)[0])


def addresses(run: str, path: str) -> list[tuple[str, str, Any, str | None]]:
    """(method, address, body, the permission that it needs)."""
    return [
        ("GET", "/api/me", None, "view"),
        ("GET", "/api/form", None, "view"),
        ("GET", "/api/runs", None, "view"),
        ("GET", f"/api/runs/{run}", None, "view"),
        ("GET", path, None, "view"),
        ("GET", f"{path}/thumbnail.jpg", None, "view"),
        ("GET", f"{path}/shots/1.jpg", None, "view"),
        ("GET", f"{path}/enrolled/1/1.jpg", None, "view"),
        ("POST", f"{path}/decisions", decision(), "examine"),
        ("POST", f"{path}/outcomes", OUTCOME, "outcome"),
    ]


def test_each_address_is_for_those_who_may(office: ServedOffice, run: str, path: str) -> None:
    for role in (None, *OF_ROLE):
        asking = office.client(OF_ROLE[role] if role else None)
        for method, address, body, permission in addresses(run, path):
            status = asking.ask(method, address, body).status
            if role is None:
                assert status == 401, address
            elif not office_may(role, permission):  # type: ignore[arg-type]
                assert status == 403, (role, address)
            else:
                assert status in {200, 201, 409}, (role, address)


def test_of_a_case_that_one_may_not_see_there_is_nothing(home: Path, run_ids: list[str]) -> None:
    with served_office(home, lambda _, user: user.name == "Anne") as office:
        path = path_of(run_ids[0], office.sightings(run_ids[0])[0])
        assert office.client("Bill").get("/api/runs") == []
        for method, address, body, permission in addresses(run_ids[0], path):
            if permission != "view" or "/runs/" in address:
                assert office.client("Bill").ask(method, address, body).status == 404, address
        assert office.client("Anne").ask("GET", f"{path}/shots/1.jpg").data[:2] == JPEG


@pytest.fixture
def run_ids(searched: Path) -> list[str]:
    """Newest first."""
    lake = open_lake(str(searched / "results"))
    found = run_query(lake, "SELECT run_id FROM runs ORDER BY started_at DESC").to_pylist()
    return [row["run_id"] for row in found]


def test_where_one_run_is_reviewed_there_is_no_other(home: Path, run_ids: list[str]) -> None:
    with served_office(home, only_run=run_ids[1]) as office:
        assert office.runs() == [run_ids[1]]
        assert office.client("Anne").ask("GET", f"/api/runs/{run_ids[0]}").status == 404


WILL_NOT_DO: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({"subject_id": "nobody"}, 409, "not among the candidates"),
    ({"components": {"nose": "similar"}}, 409, "every component is compared"),
    ({"components": {"nose": "alike"}}, 422, "components"),
    ({"conclusion": "same"}, 422, "one of the six steps"),
    ({"reason": "ok"}, 409, "a reason of a few words"),
    ({"reason": "o" * 2001}, 422, "2000 letters at most"),
    ({"decision_id": "1"}, 422, "load the page again"),
    ({"stage": "third"}, 422, "stage is not understood"),
)


def test_what_will_not_do_or_is_not_the_pages_or_is_not_there_is_refused(
    shared: ServedOffice, own_path: str
) -> None:
    anne, path = shared.client("Anne"), own_path
    for changes, status, said in WILL_NOT_DO:
        answer = shared.decide("Anne", path, **changes)
        assert answer.status == status, changes
        assert said in answer.json()["error"]
        assert anne.get(path)["course"] == "first"
    other = anne.send("POST", f"{path}/decisions", {"Cookie": anne.cookie}, json=decision())
    assert other.status == 403
    assert anne.get(path)["course"] == "first"
    for picture in ("shots/2.jpg", "shots/0.jpg", "enrolled/9/1.jpg"):
        assert anne.ask("GET", f"{path}/{picture}").status == 404, picture


def test_the_same_person_decides_once(shared: ServedOffice, own_path: str) -> None:
    sent, office, path = decision(), shared, own_path
    anne = office.client("Anne")
    first, again = (anne.ask("POST", f"{path}/decisions", sent) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.json()["decisions"] == again.json()["decisions"]
    other = office.decide("Anne", path)
    assert other.status == 409
    assert "another person is needed" in other.json()["error"]
    assert len(office.client("Ida").get(path)["decisions"]) == 1


def test_two_who_save_at_once_are_first_and_second_and_an_outcome_comes_after_them(
    shared: ServedOffice, own_path: str
) -> None:
    office, path, people = shared, own_path, ["Anne", "Bill"]
    early = office.client("Otto").ask("POST", f"{path}/outcomes", OUTCOME)
    assert early.status == 409
    assert "not decided yet" in early.json()["error"]
    for name in people:
        office.client(name)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda name: office.decide(name, path), people))
    assert [answer.status for answer in answers] == [201, 201]
    made = office.client("Ida").get(path)["decisions"]
    assert [each["stage"] for each in made] == ["first", "second"]
    assert {each["examiner"] for each in made} == set(people)
    assert office.decide("Caro", path).status == 409
    told = office.client("Otto").ask("POST", f"{path}/outcomes", OUTCOME)
    assert told.status == 201
    assert [each["outcome"] for each in told.json()["outcomes"]] == ["arrest"]
    assert office.client("Uma").ask("POST", f"{path}/outcomes", OUTCOME).status == 403


def test_one_who_saves_in_two_browsers_at_once_decides_once(
    shared: ServedOffice, own_path: str
) -> None:
    office, path = shared, own_path
    with ThreadPoolExecutor(2) as pool:
        made = [new_id(), new_id()]
        anne = office.client("Anne")
        ask = lambda one: anne.ask("POST", f"{path}/decisions", decision(decision_id=one))  # noqa: E731
        statuses = sorted(answer.status for answer in pool.map(ask, made))
    assert statuses in ([201, 409], [409, 201])
    assert len(office.client("Ida").get(path)["decisions"]) == 1


def test_who_looked_at_whom_is_in_the_log_once_and_whoever_is_removed_sees_nothing_more(
    office: ServedOffice, run: str, path: str
) -> None:
    anne = office.client("Anne")
    for picture in ("thumbnail.jpg", "shots/1.jpg", "enrolled/1/1.jpg"):
        assert anne.ask("GET", f"{path}/{picture}").data[:2] == JPEG
    anne.ask("GET", "/api/me")
    lines = [each for each in audit.entries(office.home) if each["event"] == SIGHTING_VIEWED]
    sighting = path.rsplit("/", 1)[-1]
    assert [(e["name"], e["run_id"], e["sighting_id"]) for e in lines] == [("Anne", run, sighting)]
    bill = office.client("Bill")  # reads the words alone, and has looked too
    for at in (f"/api/runs/{run}", path, path, "/api/me"):
        assert bill.ask("GET", at).status == 200
    lines = [each for each in audit.entries(office.home) if each.get("name") == "Bill"]
    assert [each["event"] for each in lines][-2:] == [QUEUE_VIEWED, SIGHTING_VIEWED]
    assert anne.ask("GET", path).status == 200
    remove_user(office.home, "Anne")
    assert anne.ask("GET", path).status == 401
    assert office.decide("Anne", path).status == 401
