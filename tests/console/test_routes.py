from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest

from lfr_batch.console.logins import FAILURES
from lfr_batch.console.roles import PERMISSIONS
from lfr_batch.console.routes import routes
from lfr_batch.live.records import ROLES, Role
from tests.console.made import Served, camera_health, faces, now_alert, served
from tests.live.made import with_further

EVERYBODY = frozenset(ROLES)
REVIEW = {"verdict": "match", "reason": "Identity checked"}
NOT_PROTECTED = {"/login", "/logout"}

ENDPOINTS: dict[str, tuple[str, object, frozenset[str]]] = {
    "/api/session": ("GET", None, EVERYBODY),
    "/api/time": ("GET", None, EVERYBODY),
    "/api/alerts": ("GET", None, EVERYBODY),
    "/api/alerts/{alert_id}/{picture}.jpg": ("GET", None, EVERYBODY),
    "/api/alerts/{alert_id}/acknowledge": ("POST", None, frozenset({"operator", "reviewer"})),
    "/api/alerts/{alert_id}/reviews": ("POST", REVIEW, frozenset({"reviewer"})),
    "/api/alerts/{alert_id}/shown": (
        "POST",
        {"latency_ms": 1.0},
        frozenset({"operator", "reviewer"}),
    ),
    "/api/reviews": ("GET", None, frozenset({"auditor"})),
    "/api/status": ("GET", None, EVERYBODY),
    "/api/{section}": ("GET", None, EVERYBODY),
    "/events": ("GET", None, EVERYBODY),
}
"""What each address wants, and the roles that may use it."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """For tests that leave it as it was: one alert, a0000."""
    with served(tmp_path_factory.mktemp("console")) as made:
        made.router.raise_alert(now_alert())
        made.router.report_health(camera_health("north"))
        yield made


def address(path: str) -> str:
    return path.format(alert_id="a0000", picture="gallery", section="counts")


def test_no_address_is_left_out_of_the_table() -> None:
    assert {route.path for route in routes.routes} == {*ENDPOINTS, *NOT_PROTECTED}  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_role_gets_what_is_its_own_and_nothing_else(
    role: Role | None, path: str, shared: Served
) -> None:
    method, body, who = ENDPOINTS[path]
    client = shared.client(role)
    before = shared.router.reviews()
    if path == "/events" and role is not None:
        assert client.events().response.status == 200
        return
    seen = {"seen_review_id": before[-1].review_id} if before and isinstance(body, dict) else {}
    sent = {**body, **seen} if path.endswith("/reviews") and isinstance(body, dict) else body
    answer = client.ask(method, address(path), sent)
    if role in who:
        assert answer.status in {200, 201, 204}, answer.data
    else:
        assert answer.status == (401 if role is None else 403)
        assert set(answer.json()) == {"error"}
        assert shared.router.reviews() == before


def test_what_the_page_offers_is_what_the_server_allows(shared: Served) -> None:
    for role in ROLES:
        told = shared.client(role).get("/api/session")
        assert (told["name"], told["role"]) == (role, role)
        assert set(told["may"]) == PERMISSIONS[role]
        assert told["deployment"]["watchlist_size"] == 120


def test_alerts_are_listed_newest_first_without_pictures(console: Served) -> None:
    for number in range(3):
        console.router.raise_alert(now_alert(number))
    client = console.client("operator")
    told = client.get("/api/alerts")
    assert [alert["alert_id"] for alert in told] == ["a0002", "a0001", "a0000"]
    assert not any("jpeg" in name for name in told[0])
    assert len(client.get("/api/alerts?limit=2")) == 2
    assert client.ask("GET", "/api/alerts?limit=0").status == 422


@pytest.mark.parametrize(("picture", "which"), [("best_shot", 0), ("gallery", 1)])
def test_pictures_are_those_of_the_alert(picture: str, which: int, shared: Served) -> None:
    answer = shared.client("operator").ask("GET", f"/api/alerts/a0000/{picture}.jpg")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.data == faces(0)[which]


def test_further_pictures_are_there_or_it_is_said_which_are(console: Served) -> None:
    client, whole = console.client("operator"), with_further(now_alert(1))
    console.router.raise_alert(whole)
    expected = {
        "scene": whole.scene_jpeg,
        "shot-1": whole.further_shots_jpeg[0],
        "shot-2": whole.further_shots_jpeg[1],
        "gallery-1": whole.further_gallery[0].jpeg,
        "gallery-2": whole.further_gallery[1].jpeg,
    }
    for name, jpeg in expected.items():
        assert client.ask("GET", f"/api/alerts/a0001/{name}.jpg").data == jpeg
    for name in ("shot-3", "gallery-4"):
        answer = client.ask("GET", f"/api/alerts/a0001/{name}.jpg")
        assert answer.status == 404
        there = "best_shot, gallery, scene, shot-1, shot-2, gallery-1, gallery-2"
        assert answer.json() == {"error": f"this alert has no picture {name}; it has {there}"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/alerts/a0000/scene.jpg", 404),
        ("GET", "/api/alerts/a0000/shot-4.jpg", 422),
        ("GET", "/api/alerts/a0009/gallery.jpg", 404),
        ("GET", "/api/alerts/a0000/key.jpg", 422),
        ("GET", "/api/alerts/..%2Fkey/gallery.jpg", 404),
        ("POST", "/api/alerts/a0009/acknowledge", 404),
        ("GET", "/api/users", 422),
        ("GET", "/nothing", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/docs", 404),
        ("GET", "/static/../users.py", 404),
        ("GET", "/static/%2e%2e/users.py", 404),
    ],
)
def test_what_is_not_there_is_refused(method: str, path: str, status: int, shared: Served) -> None:
    answer = shared.client("reviewer").ask(method, path)
    assert answer.status == status, answer.data
    assert set(answer.json()) == {"error"}


def test_sections_are_parts_of_the_status(shared: Served) -> None:
    client = shared.client("auditor")
    status = client.get("/api/status")
    assert set(status) == {
        "cameras", "counts", "parts", "sinks", "shown", "may_be_decided", "aiming",
    }  # fmt: skip
    assert status["aiming"] is None
    assert [camera["camera"] for camera in status["cameras"]] == ["north", "south"]
    assert [camera["state"] for camera in status["cameras"]] == ["live", "unheard"]
    assert client.get("/api/parts") == status["parts"]
    assert [sink["name"] for sink in client.get("/api/sinks")] == ["parquet"]


def test_a_decision_becomes_a_review_of_the_officer(console: Served) -> None:
    console.router.raise_alert(now_alert())
    client = console.client("reviewer")
    sent = {**REVIEW, "reason": "  Identity \n checked ", "outcome": "engaged"}
    answer = client.ask("POST", "/api/alerts/a0000/reviews", sent)
    assert answer.status == 201, answer.data
    (review,) = console.router.reviews()
    assert (review.reviewer, review.role) == ("reviewer", "reviewer")
    assert (review.verdict, review.outcome) == ("match", "engaged")
    assert review.reason == "Identity checked"
    assert answer.json()["review_id"] == review.review_id
    (alert,) = client.get("/api/alerts")
    assert alert["review"]["review_id"] == review.review_id
    assert client.get("/api/counts")["true_alerts"] == 1


def test_an_outcome_is_added_by_a_further_review(console: Served) -> None:
    console.router.raise_alert(now_alert())
    client = console.client("reviewer")
    first = client.ask("POST", "/api/alerts/a0000/reviews", REVIEW).json()
    more = {**REVIEW, "outcome": "arrested", "seen_review_id": first["review_id"]}
    assert client.ask("POST", "/api/alerts/a0000/reviews", more).status == 201
    assert client.get("/api/counts")["outcomes"] == {"arrested": 1}
    kept = console.client("auditor").get("/api/reviews")
    assert [review["outcome"] for review in kept] == [None, "arrested"]


def test_nobody_decides_over_a_decision_that_they_have_not_seen(console: Served) -> None:
    console.router.raise_alert(now_alert())
    client = console.client("reviewer")
    assert client.ask("POST", "/api/alerts/a0000/reviews", REVIEW).status == 201
    blind = client.ask("POST", "/api/alerts/a0000/reviews", {**REVIEW, "verdict": "no_match"})
    assert blind.status == 409
    assert "reviewer has decided about this alert meanwhile" in blind.json()["error"]
    assert [review.verdict for review in console.router.reviews()] == ["match"]


def test_a_refused_decision_is_answered_with_the_one_that_is_there(console: Served) -> None:
    console.router.raise_alert(now_alert())
    console.client("colleague").ask("POST", "/api/alerts/a0000/reviews", REVIEW)
    refused = console.client("reviewer").ask("POST", "/api/alerts/a0000/reviews", REVIEW)
    assert refused.status == 409
    assert refused.json()["review"]["reviewer"] == "colleague"


def test_a_decision_that_is_sent_twice_is_one(console: Served) -> None:
    console.router.raise_alert(now_alert())
    client = console.client("reviewer")
    answers = [client.ask("POST", "/api/alerts/a0000/reviews", REVIEW) for _ in range(3)]
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json()["review_id"] for answer in answers}) == 1
    assert len(console.router.reviews()) == 1
    seen = {"seen_review_id": answers[0].json()["review_id"]}
    changed = {**REVIEW, **seen, "outcome": "engaged"}
    assert client.ask("POST", "/api/alerts/a0000/reviews", changed).status == 201
    again = client.ask("POST", "/api/alerts/a0000/reviews", {**REVIEW, **seen})
    assert again.status == 409, "it was changed meanwhile"
    assert len(console.router.reviews()) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdict": "guilty"}, "verdict"),
        ({"reason": ""}, "reason"),
        ({"reason": " x "}, "a reason of a few words is needed"),
        ({"reason": "turned \u202e round"}, "reason"),
        ({"reason": "y" * 501}, "reason"),
        ({"reason": None}, "reason"),
        ({"outcome": "shot"}, "outcome"),
        ({"reviewer": "somebody else"}, "reviewer"),
        ({"decided_at": "2020-01-01T00:00:00Z"}, "decided_at"),
    ],
)
def test_a_decision_that_is_not_whole_is_refused(
    changes: dict[str, Any], said: str, shared: Served
) -> None:
    before = shared.router.reviews()
    answer = shared.client("reviewer").ask(
        "POST", "/api/alerts/a0000/reviews", {**REVIEW, **changes}
    )
    assert answer.status == 422
    assert said in answer.json()["error"]
    assert shared.router.reviews() == before


def test_what_is_decided_last_counts_though_the_clock_was_put_back(
    console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.router.raise_alert(now_alert())
    client = console.client("reviewer")
    first = client.ask("POST", "/api/alerts/a0000/reviews", REVIEW).json()

    class AnHourAgo(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) - timedelta(hours=1)

    monkeypatch.setattr("lfr_batch.console.desk.datetime", AnHourAgo)
    other = {**REVIEW, "verdict": "no_match", "seen_review_id": first["review_id"]}
    assert client.ask("POST", "/api/alerts/a0000/reviews", other).status == 201
    (alert,) = client.get("/api/alerts")
    assert alert["review"]["verdict"] == "no_match"


def test_the_first_acknowledgement_counts_and_decides_nothing(console: Served) -> None:
    console.router.raise_alert(now_alert())
    for role in ("operator", "reviewer"):
        assert console.client(role).ask("POST", "/api/alerts/a0000/acknowledge").status == 204
    (alert,) = console.client("auditor").get("/api/alerts")
    assert alert["acknowledged"]["by"] == "operator"
    assert alert["review"] is None
    assert console.router.reviews() == ()


def test_latency_counts_once_per_alert_and_only_of_alerts(console: Served) -> None:
    client = console.client("operator")
    for number in range(3):
        console.router.raise_alert(now_alert(number))
    for alert_id, ms in (("a0000", 100), ("a0000", 900), ("a0001", 300), ("a0007", 5000)):
        sent = {"latency_ms": float(ms)}
        assert client.ask("POST", f"/api/alerts/{alert_id}/shown", sent).status == 204
    assert client.get("/api/shown") == {"alerts": 2, "p50_ms": 100.0, "p99_ms": 300.0}
    assert client.ask("POST", "/api/alerts/a0002/shown", {"latency_ms": -1.0}).status == 422


def test_a_session_begins_with_a_token_and_ends_with_logout(console: Served) -> None:
    nobody = console.client()
    answer = nobody.ask("POST", "/login", {"token": f" {console.tokens['operator']}\n"})
    assert answer.json() == {"name": "operator", "role": "operator"}
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    nobody.cookie = cookie.partition(";")[0]
    assert nobody.ask("GET", "/api/time").status == 200
    assert nobody.ask("POST", "/logout").status == 204
    assert nobody.ask("GET", "/api/time").status == 401


def test_a_right_token_enters_at_once_however_many_wrong_ones_came(console: Served) -> None:
    nobody = console.client()
    for _ in range(FAILURES):
        assert nobody.ask("POST", "/login", {"token": "guess"}).status == 401
    for token in ("guess", "another", "a" * 43, console.tokens["operator"][:-1] + "?"):
        refused = nobody.ask("POST", "/login", {"token": token})
        assert refused.status == 429
        assert int(refused.headers["Retry-After"]) > 0
        assert "a right one at once" in refused.json()["error"]
    for name, token in console.tokens.items():
        assert nobody.ask("POST", "/login", {"token": token}).json()["name"] == name


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"X-LFR-Console": None}, 403),
        ({"Origin": "{url}"}, 204),
        ({"Origin": "https://example.org"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_writing_is_for_the_consoles_own_page(
    headers: dict[str, str | None], status: int, shared: Served
) -> None:
    client = shared.client("operator")
    wanted = {"X-LFR-Console": "1", "Cookie": client.cookie, **headers}
    sent = {name: text.format(url=shared.url) for name, text in wanted.items() if text}
    answer = client.send("POST", "/api/alerts/a0000/acknowledge", sent)
    assert answer.status == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_do_nothing(method: str, shared: Served) -> None:
    answer = shared.client("reviewer").ask(method, "/api/alerts/a0000/acknowledge")
    assert answer.status == 405


@pytest.mark.parametrize("path", ["/", "/static/console.js", "/api/alerts", "/nothing"])
def test_every_answer_shuts_the_browser_in(path: str, shared: Served) -> None:
    headers = shared.client("operator").ask("GET", path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in headers


@pytest.mark.parametrize("body", [{"token": "a" * 201}, {"token": 7}, {"tok": "aaaa"}, [], None])
def test_what_is_no_login_is_refused_and_not_repeated(body: object, shared: Served) -> None:
    answer = shared.client().ask("POST", "/login", body)
    assert answer.status == 422
    assert "aaaa" not in answer.json()["error"]


def test_a_token_that_is_too_long_is_refused_in_plain_words(shared: Served) -> None:
    answer = shared.client().ask("POST", "/login", {"token": "a" * 201})
    said = "this is not a token of this console; was more copied than the token?"
    assert answer.json() == {"error": said}


def test_a_body_that_is_too_long_is_not_read(shared: Served) -> None:
    assert shared.client().ask("POST", "/login", {"token": "a" * 20_000}).status == 413


def test_the_page_is_for_users_and_the_form_for_everybody_else(shared: Served) -> None:
    public = shared.client().ask("GET", "/").data.decode()
    assert "High Street" not in public
    assert 'id="token"' in public
    inside = shared.client("operator").ask("GET", "/").data.decode()
    assert "High Street" in inside
    assert 'id="token"' not in inside
    assert 'id="show-decisions"' not in inside
    assert 'id="show-decisions"' in shared.client("auditor").ask("GET", "/").data.decode()


def test_a_console_that_is_started_anew_knows_who_took_on_what(tmp_path: Path) -> None:
    def acknowledged(console: Served) -> list[Any]:
        return [alert["acknowledged"] for alert in console.client("auditor").get("/api/alerts")]

    with served(tmp_path) as first:
        for number in range(2):
            first.router.raise_alert(now_alert(number))
        first.client("operator").ask("POST", "/api/alerts/a0000/acknowledge")
        told = acknowledged(first)
    with served(tmp_path) as second:
        second.client("reviewer").ask("POST", "/api/alerts/a0000/acknowledge")
        assert acknowledged(second) == told
    assert [said and said["by"] for said in told] == [None, "operator"]
