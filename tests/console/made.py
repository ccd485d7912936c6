"""A deployment for the console's tests: a real router, alerts with real faces, a served console."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import urllib3

from lfr_batch.config.live import ConsoleConfig
from lfr_batch.console.app import create_app
from lfr_batch.console.roster import Roster
from lfr_batch.console.serve import serve
from lfr_batch.console.users import new_user
from lfr_batch.faces.evidence import encode_jpeg
from lfr_batch.live.alerts.router import Router, open_router
from lfr_batch.live.deployment.folders import router_folder
from lfr_batch.live.deployment.plan import PartState
from lfr_batch.live.records import (
    ROLES,
    Alert,
    CameraHealth,
    DeploymentRecord,
    RankedCandidate,
    Role,
    StageTimes,
)
from lfr_batch.results.store import open_store
from tests.live.made import a_config, a_record, an_alert
from tests.one_case import ACTOR, ASTRONAUT, GROUP, installed_picture

PARTS = (
    PartState("router", "router", True, 0, 1),
    PartState("analyst", "analyst", True, 0, 2),
    PartState("north", "camera", True, 0, 3),
    PartState("south", "camera", True, 0, 4),
)
PEOPLE: Mapping[str, Role] = {**{role: role for role in ROLES}, "colleague": "reviewer"}
"""By name."""
OWN_HEADER = {"X-LFR-Console": "1"}


@dataclass
class Running:
    """Satisfies ``RunningDeployment``."""

    router: Router
    states: tuple[PartState, ...] = PARTS

    def parts(self) -> tuple[PartState, ...]:
        return self.states


@dataclass
class Served:
    url: str
    deployment: DeploymentRecord
    running: Running
    tokens: dict[str, str]
    """By name."""
    app: Any
    _clients: dict[str, Client] = field(default_factory=dict)

    @property
    def router(self) -> Router:
        return self.running.router

    def client(self, name: str | None = None) -> Client:
        """Logged in as ``name``, or not at all; always the same one."""
        key = name or ""
        if key not in self._clients:
            self._clients[key] = Client(self.url)
            if name is not None:
                self._clients[key].login(self.tokens[name])
        return self._clients[key]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@dataclass
class Client:
    """A plain HTTP client with the session's cookie."""

    url: str
    cookie: str = ""

    def __post_init__(self) -> None:
        self._pool = urllib3.PoolManager(retries=False, timeout=300.0, maxsize=4)
        self._streams: list[urllib3.BaseHTTPResponse] = []

    def login(self, token: str) -> None:
        answer = self.ask("POST", "/login", {"token": token})
        assert answer.status == 200, answer.data
        self.cookie = answer.headers["Set-Cookie"].partition(";")[0]

    def close(self) -> None:
        for stream in self._streams:
            stream.close()
        self._pool.clear()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> urllib3.BaseHTTPResponse:
        sent = {**OWN_HEADER, **({"Cookie": self.cookie} if self.cookie else {}), **(headers or {})}
        return self.send(method, path, sent, json=body, **more)

    def send(
        self, method: str, path: str, headers: dict[str, str], **more: Any
    ) -> urllib3.BaseHTTPResponse:
        """With no header but these."""
        return self._pool.request(method, self.url + path, headers=headers, **more)

    def get(self, path: str) -> Any:
        """The JSON of a good answer."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.data
        return answer.json()

    def events(self, last_event_id: str | None = None) -> Events:
        headers = {"Cookie": self.cookie}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        self._streams.append(self.send("GET", "/events", headers, preload_content=False))
        return Events(self._streams[-1])


class Events:
    """A stream of server-sent events, parsed."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self.response = response
        self._lines = self._read_lines()

    def _read_lines(self) -> Iterator[str]:
        rest = b""
        while chunk := self.response.read1(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line.decode() for line in lines)

    def next(self, *kinds: str) -> dict[str, Any]:
        """The next event of one of ``kinds``: its fields, ``data`` parsed."""
        fields: dict[str, Any] = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields.get("event") in kinds:
                return {**fields, "data": json.loads(fields["data"])}
            else:
                fields = {}
        raise EOFError("the stream has ended")


@contextmanager
def served(
    folder: Path,
    config: ConsoleConfig | None = None,
    alerts: dict[str, Any] | None = None,
    people: Mapping[str, Role] = PEOPLE,
    watch_from: datetime | None = None,
    **changes: Any,
) -> Iterator[Served]:
    """``alerts`` is that section of the configuration, ``changes`` are of the record.
    ``watch_from``: it is aimed first."""
    now = datetime.now(UTC)
    record = replace(a_record(now - timedelta(hours=1)), ends_at=now + timedelta(hours=3))
    deployment = replace(record, **changes)
    made = {name: new_user(name, role) for name, role in people.items()}
    roster = Roster(folder, tuple(user for user, _ in made.values()))
    tokens = {name: token for name, (_, token) in made.items()}
    with closing(opened_router(folder, deployment, alerts or {}, watch_from)) as router:
        running = Running(router)
        place = router_folder(folder, deployment.deployment_id)
        app = create_app(deployment, running, place, roster, watch_from)
        with (
            serve(app, config or ConsoleConfig(port=0)) as url,
            closing(Served(url, deployment, running, tokens, app)) as console,
        ):
            yield console


def opened_router(
    folder: Path,
    deployment: DeploymentRecord,
    alerts: dict[str, Any],
    watch_from: datetime | None = None,
) -> Router:
    home = router_folder(folder, deployment.deployment_id)
    config = a_config(alerts=alerts)
    store = open_store(folder / "results")
    return open_router(home, deployment, config, store, watch_from)


def now_alert(number: int = 0, **changes: Any) -> Alert:
    """As if captured at this moment, with faces of an installed portrait."""
    now = datetime.now(UTC)
    best_shot, gallery = faces(number)
    alert = an_alert(
        number,
        captured_at=now,
        first_seen_at=now - timedelta(seconds=1.2),
        raised_at=now,
        best_shot_jpeg=best_shot,
        gallery_jpeg=gallery,
        times=StageTimes(0.012, 0.083, 0.094, 0.0),
        candidates=(
            RankedCandidate(1, f"S{number:03d}", 0.61),
            RankedCandidate(2, "S117", 0.41),
            RankedCandidate(3, "S042", 0.38),
        ),
    )
    return replace(alert, **changes)


def camera_health(camera: str, **changes: Any) -> CameraHealth:
    """That of a camera heard of in an hour: it is not silent, however long a test takes."""
    now = datetime.now(UTC)
    health = CameraHealth(
        camera=camera,
        state="live",
        at=now + timedelta(hours=1),
        since=now - timedelta(minutes=20),
        size_wh=(1280, 720),
        frames_received=30_000,
        frames_dropped=20_400,
        frames_analysed=9_600,
        faces_seen=602,
        received_fps=25.0,
        analysed_fps=8.0,
        look_ms_p50=46.0,
        look_ms_p99=121.0,
    )
    return replace(health, **changes)


@cache
def faces(number: int) -> tuple[bytes, bytes]:
    """(at a camera, on the watchlist), JPEG."""
    source, (top, left, side) = (
        (ASTRONAUT, (0, 110, 230)),
        (ACTOR, (0, 0, 112)),
        (GROUP, (200, 430, 230)),
    )[number % 3]
    picture = installed_picture(source)
    at_camera = picture[top : top + side, left : left + side]
    noisy = at_camera[::2, ::2].repeat(2, axis=0).repeat(2, axis=1)
    return encode_jpeg(noisy, 60), encode_jpeg(picture[top : top + side + 40, left : left + side])
