"""People who work on a server that is killed under them: all at once, over HTTP. What got no answer
is sent again, as their browsers would."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import urllib3

from tests.console.made import Client
from tests.e2e.cli import LFR, surroundings
from tests.live_case import wait_for
from tests.office.made import decision, path_of
from tests.office.many import SUBJECT
from tests.results.synthetic import RUN_ID

NAMES = ("Anne", "Bill", "Otto", "Oda", "Uma")


@dataclass
class Crowd:
    """``many`` sightings are decided by two, each has an outcome, and for each an authorisation is
    asked for and granted. Everything has a key; what was answered with success is in ``done``."""

    many: int
    case_ref: str
    tokens: Mapping[str, str]
    done: dict[tuple[str, int], Any] = field(default_factory=dict)
    sent: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """What was asked for: it is sent again as it was."""
    answered: Callable[[], object] = lambda: None

    @property
    def is_done(self) -> bool:
        return len(self.done) == 5 * self.many

    def work(self, url: str, answered: Callable[[], object] = lambda: None) -> None:
        """Until all is done, or nobody answers any more. ``answered`` is told of each."""
        deeds = (self._decide, self._decide, self._note, self._ask, self._grant)
        self.answered = answered
        with ThreadPoolExecutor(len(NAMES)) as pool:
            for each in [
                pool.submit(self._works, deed, url, name)
                for deed, name in zip(deeds, NAMES, strict=True)
            ]:
                each.result()

    def _works(self, deed: Callable[[Client, str, int], None], url: str, name: str) -> None:
        client = Client(url)
        with suppress(urllib3.exceptions.HTTPError, OSError):  # it was killed
            client.login(self.tokens[name])
            for number in range(self.many):
                if (name, number) not in self.done:
                    deed(client, name, number)
        client.close()

    def _decide(self, client: Client, name: str, number: int) -> None:
        self._send(client, name, number, f"{_sighting(number)}/decisions", _opinion)

    def _note(self, client: Client, name: str, number: int) -> None:
        """Once two have decided."""
        noted = {"outcome": "arrest", "reason": f"found at {number}"}
        while ("Anne", number) not in self.done or ("Bill", number) not in self.done:
            client.get("/api/me")
        self._send(client, name, number, f"{_sighting(number)}/outcomes", lambda: noted)

    def _ask(self, client: Client, name: str, number: int) -> None:
        asked = {"case_ref": self.case_ref, "purpose": f"find number {number}"}
        self._send(client, name, number, "/api/authorisations", lambda: asked)

    def _grant(self, client: Client, name: str, number: int) -> None:
        while ("Oda", number) not in self.done:
            client.get("/api/me")
        which = self.done["Oda", number]["authorisation_id"]
        fair = {"reason": "fair", "valid_for": "14d"}
        self._send(client, name, number, f"/api/authorisations/{which}/grant", lambda: fair)

    def _send(
        self, client: Client, name: str, number: int, path: str, said: Callable[[], dict[str, Any]]
    ) -> None:
        body = self.sent.setdefault((name, number), said())
        answer = client.ask("POST", path, body)
        assert answer.status in {200, 201}, answer.data
        self.done[name, number] = {**body, **answer.json()}
        self.answered()


@contextmanager
def server(home: Path, said: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`lfr serve` in a process of its own, and its address."""
    with said.open("w") as out:
        process = subprocess.Popen(
            [*LFR, "serve", "--port", "0"],
            env=surroundings(home),
            stdout=out,
            stderr=out,
            text=True,
        )
    try:
        wait_for(lambda: "Ctrl-C ends" in said.read_text())
        found = re.search(r"(http\S*)", said.read_text())
        assert found
        yield process, found[1]
    finally:
        process.kill()
        process.wait()


def killed_under(crowd: Crowd, home: Path, said: Path, chance: random.Random) -> None:
    """The server, after some answers, in the midst of the others."""
    with server(home, said) as (process, url):
        left = iter(range(chance.randint(1, 15)))
        later_s = chance.uniform(0.0, 0.05)

        def answered() -> None:
            if next(left, None) is None:
                Timer(later_s, process.kill).start()

        crowd.work(url, answered)


def _sighting(number: int) -> str:
    return path_of(RUN_ID, f"a{number:05d}")


def _opinion() -> dict[str, Any]:
    return decision(subject_id=SUBJECT)
