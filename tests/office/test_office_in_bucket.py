"""`lfr serve` where the home is a bucket: users, cases, decisions and their record lie there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.console.users import make_user, remove_user
from lfr_batch.oversight.put import lines_on_record
from lfr_batch.results.store import open_store
from tests.cli import here
from tests.console.made import Client
from tests.e2e.cli import lfr
from tests.live_case import wait_for
from tests.office.cases_made import CASE, HARM, KIND
from tests.office.made import PEOPLE, decision, path_of
from tests.office.many import SUBJECT, fill_many
from tests.office.test_commands import running
from tests.results.synthetic import RUN_ID
from tests.s3_servers import team_bucket

AT = path_of(RUN_ID, "a00000")


@pytest.fixture(params=["moto", pytest.param("rclone", marks=pytest.mark.long)])
def home(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    with team_bucket(request.param, tmp_path, monkeypatch) as place:
        fill_many(open_store(f"{place}/home/results"), 2)
        yield f"{place}/home"


def post(client: Client, path: str, **body: object) -> dict[str, object]:
    answer = client.ask("POST", path, body)
    assert answer.status in {200, 201}, answer.data
    told: dict[str, object] = answer.json()
    return told


def test_a_case_to_its_outcome(home: str, tmp_path: Path) -> None:
    tokens = {name: make_user(home, name, role) for name, role in PEOPLE.items()}
    with running(home, tmp_path / "said", "serve", "--port", "0") as said:
        found = re.search(r"(http\S*)", said)
        assert found
        clients = {name: Client(found[1]) for name in tokens}
        for name, client in clients.items():
            client.login(tokens[name])
        new = {"case_ref": CASE, "kind_of_use": KIND, "harm": HARM, "may_see": []}
        post(clients["Otto"], "/api/cases", **new)
        asked = {"case_ref": CASE, "purpose": "find him"}
        names = {
            post(clients["Otto"], "/api/authorisations", **asked)["authorisation_id"] for _ in "ab"
        }
        assert len(names) == 1
        granted = post(clients["Uma"], f"/api/authorisations/{names.pop()}/grant")
        assert granted["state"] == "granted"
        for name in ("Anne", "Bill"):
            post(clients[name], f"{AT}/decisions", **decision(subject_id=SUBJECT))
        told = post(clients["Otto"], f"{AT}/outcomes", outcome="arrest", reason="at the depot")
        assert told["course"] == "confirmed"
        remove_user(home, "Bill")
        wait_for(lambda: clients["Bill"].ask("GET", "/api/me").status == 401)
        clients["Anne"].get("/api/me")
        for client in clients.values():
            client.close()
    lines = list(lines_on_record(home, S3Config()))
    events = [line["event"] for line in lines]
    assert events.count("sighting.decided") == 2
    assert {"user.added", "user.removed", "console.logged_in", "case.opened"} <= set(events)
    done = lfr(home, "audit", "verify")
    assert done.returncode == 0, done.stderr


def test_users_by_command(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name, role in (("Anne", "reviewer"), ("Uma", "authoriser")):
        assert here.lfr(capsys, "live-user", "add", name, "--role", role)[0] == 0
    code, _, said = here.lfr(capsys, "live-user", "add", "Anne", "--role", "operator")
    assert (code, "Anne is there already" in said) == (2, True)
    assert here.lfr(capsys, "live-user", "remove", "Anne")[0] == 0
    (left,) = json.loads(here.lfr(capsys, "live-user", "list", "--json")[1])
    assert left == {"name": "Uma", "role": "authoriser"}
