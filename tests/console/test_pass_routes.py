"""Who may enter that a volunteer passes, and what is refused: over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.console import pass_desk
from lfr_batch.console.pass_routes import pass_routes
from lfr_batch.live.records import ROLES, Role
from lfr_batch.oversight import audit
from tests.console.made import Served, now_alert, served
from tests.live.seeded import kept_passes, seed

PASS = {"volunteer": "S000", "camera": "north"}
MAY: dict[Role | None, int] = {
    None: 401,
    "operator": 200,
    "reviewer": 200,
    "authoriser": 403,
    "auditor": 403,
}


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[Served]:
    seed(tmp_path)
    with served(tmp_path) as made:
        yield made


@pytest.mark.parametrize("role", [None, *ROLES])
def test_operators_and_reviewers_enter_passes(
    role: Role | None, seeded: Served, tmp_path: Path
) -> None:
    assert len(pass_routes.routes) == 3
    client, wanted = seeded.client(role), MAY[role]
    assert client.ask("GET", "/api/passes").status == wanted
    made = client.ask("POST", "/api/passes", PASS)
    assert made.status == (201 if wanted == 200 else wanted)
    pass_id = made.json().get("pass_id", "p")
    assert len(kept_passes(tmp_path).all()) == (wanted == 200)
    back = client.ask("POST", f"/api/passes/{pass_id}/take-back")
    assert back.status == (204 if wanted == 200 else wanted)


def test_it_is_now_by_the_servers_clock_and_on_record_without_a_name(
    seeded: Served, tmp_path: Path
) -> None:
    before = datetime.now(UTC)
    client = seeded.client("operator")
    told = client.ask("POST", "/api/passes", PASS).json()
    (made,) = kept_passes(tmp_path).all()
    assert before <= made.at <= datetime.now(UTC)
    assert (made.subject_id, made.camera, made.entered_by, made.by) == (
        "S000", "north", "operator", "console",
    )  # fmt: skip
    assert (told["pass_id"], told["at"]) == (made.pass_id, made.at.isoformat())
    told = client.get("/api/passes")
    assert (told["volunteers"], told["cameras"]) == (["S000", "S001", "S002"], ["north", "south"])
    assert (told["entered"], [each["pass_id"] for each in told["last"]]) == (1, [made.pass_id])
    (line,) = (each for each in audit.entries(tmp_path) if each["event"] == "volunteer.passed")
    assert (line["pass_id"], line["name"], line["camera"]) == (made.pass_id, "operator", "north")
    assert "S000" not in str(line)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"volunteer": "S777", "camera": "north"}, 409, "'S777' is no volunteer"),
        ({"volunteer": "S000", "camera": "west"}, 409, "there is no camera 'west'"),
        ({"volunteer": "S000"}, 422, "camera is not understood"),
        ({**PASS, "at": "2026-01-01T00:00:00Z"}, 422, "at is not understood"),
    ],
)
def test_what_cannot_be_is_refused(
    body: dict[str, str], status: int, said: str, seeded: Served, tmp_path: Path
) -> None:
    answer = seeded.client("operator").ask("POST", "/api/passes", body)
    assert (answer.status, said in answer.json()["error"]) == (status, True), answer.data
    assert kept_passes(tmp_path).all() == ()


def test_two_touches_are_one_pass(seeded: Served, tmp_path: Path) -> None:
    for name, status in (("operator", 201), ("reviewer", 409)):
        answer = seeded.client(name).ask("POST", "/api/passes", PASS)
        assert answer.status == status
    assert "that is the same pass: two are at least 10 s apart" in answer.json()["error"]
    other = {**PASS, "camera": "south"}
    assert seeded.client("reviewer").ask("POST", "/api/passes", other).status == 201
    assert len(kept_passes(tmp_path).all()) == 2


def test_a_mistake_is_taken_back_by_whoever_made_it_for_a_minute(
    seeded: Served, tmp_path: Path
) -> None:
    made = seeded.client("operator").ask("POST", "/api/passes", PASS).json()
    path = f"/api/passes/{made['pass_id']}/take-back"
    assert seeded.client("reviewer").ask("POST", path).status == 409
    desk = seeded.app.state.console.passes
    desk.now = lambda: datetime.now(UTC) + pass_desk.TAKE_BACK + timedelta(seconds=1)
    assert seeded.client("operator").ask("POST", path).status == 409
    desk.now = lambda: datetime.now(UTC)
    assert seeded.client("operator").ask("POST", path).status == 204
    assert seeded.client("operator").ask("POST", path).status == 409
    assert [each.taken_back for each in kept_passes(tmp_path).all()] == [True]
    assert seeded.client("operator").get("/api/passes")["last"] == []
    again = seeded.client("operator").ask("POST", "/api/passes", PASS)
    assert again.status == 201, "it is in nobody's way"


def test_nobody_passes_once_it_is_over(tmp_path: Path) -> None:
    seed(tmp_path)
    with served(tmp_path, ends_at=datetime.now(UTC) - timedelta(minutes=1)) as over:
        page = over.client("operator").ask("GET", "/").data.decode()
        assert "show-passes" not in page
        answer = over.client("operator").ask("POST", "/api/passes", PASS)
    assert (answer.status, "is not within the deployment" in answer.json()["error"]) == (409, True)


def test_nobody_passes_while_cameras_are_aimed(tmp_path: Path) -> None:
    """Nobody is looked for then: each would count as missed."""
    seed(tmp_path)
    with served(tmp_path, watch_from=datetime.now(UTC) - timedelta(minutes=1)) as aimed:
        answer = aimed.client("operator").ask("POST", "/api/passes", PASS)
        assert (answer.status, "are being aimed" in answer.json()["error"]) == (409, True)
        assert kept_passes(tmp_path).all() == ()
        aimed.router.begin_watching("operator")
        assert aimed.client("operator").ask("POST", "/api/passes", PASS).status == 201


def test_the_button_is_there_for_whom_it_works(seeded: Served, tmp_path: Path) -> None:
    for role in ROLES:
        page = seeded.client(role).ask("GET", "/").data.decode()
        assert ("show-passes" in page) is (role in {"operator", "reviewer"})
    other = tmp_path / "other"
    other.mkdir()
    with served(other) as without:
        assert "show-passes" not in without.client("operator").ask("GET", "/").data.decode()


def test_nothing_can_be_decided_about_a_volunteer(
    seeded: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        seeded.router.raise_alert(now_alert())
        decision = {"verdict": "match", "reason": "Identity checked"}
        answer = seeded.client("reviewer").ask("POST", "/api/alerts/a0000/reviews", decision)
    assert (answer.status, "there is nothing to decide" in answer.json()["error"]) == (404, True)
    (told,) = seeded.client("reviewer").get("/api/alerts")
    assert told["volunteer"] is True
    assert seeded.client("reviewer").get("/api/counts")["alerts"] == 0


def test_passes_count_once_watching_has_begun(tmp_path: Path) -> None:
    seed(tmp_path)
    with served(tmp_path, watch_from=datetime.now(UTC) - timedelta(minutes=1)) as console:
        client = console.client("operator")
        answer = client.ask("POST", "/api/passes", PASS)
        assert (
            answer.status,
            "passes count once watching has begun" in answer.json()["error"],
        ) == (409, True)
        assert kept_passes(tmp_path).all() == ()
        client.ask("POST", "/api/watching")
        assert client.ask("POST", "/api/passes", PASS).status == 201
