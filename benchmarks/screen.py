"""A screen of the console: logs in, follows its events and fetches pictures, as the page does."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from lfr_batch.console.guard import OWN_HEADER

PICTURES = ("best_shot", "gallery")
ANSWER_S = 10.0


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert as the console tells it, once its pictures are there too."""

    alert: dict[str, Any]
    latency_ms: float
    """Since the frame that confirmed it arrived."""


@dataclass(frozen=True, slots=True)
class Screen:
    address: str
    cookie: str

    def get(self, path: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self.address, timeout=ANSWER_S)
        connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise OSError(f"{path} was answered with {answer.status}")
        return answer

    def alerts(self, seconds: float) -> Iterator[Shown]:
        """Every new alert for so long. Raises OSError where the console does not answer."""
        until_s, seen = monotonic() + seconds, set[str]()
        with self.get("/events") as events:
            for kind, data in _events(events):
                if kind == "alert" and data["alert_id"] not in seen:
                    seen.add(data["alert_id"])
                    yield self._shown(data)
                if monotonic() > until_s:
                    return

    def _shown(self, alert: dict[str, Any]) -> Shown:
        for picture in PICTURES:
            self.get(f"/api/alerts/{alert['alert_id']}/{picture}.jpg").read()
        elapsed = datetime.now(UTC) - datetime.fromisoformat(alert["captured_at"])
        return Shown(alert, elapsed / timedelta(milliseconds=1))


def log_in(url: str, token: str) -> Screen:
    address = urlsplit(url).netloc
    connection = http.client.HTTPConnection(address, timeout=ANSWER_S)
    headers = {OWN_HEADER: "1", "Content-Type": "application/json"}
    connection.request("POST", "/login", json.dumps({"token": token}), headers)
    cookie = connection.getresponse().headers["Set-Cookie"]
    return Screen(address, cookie.partition(";")[0])


def _events(stream: http.client.HTTPResponse) -> Iterator[tuple[str, Any]]:
    """Kind and data of each event; there is a sign of life every second."""
    kind = ""
    for line in stream:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)
