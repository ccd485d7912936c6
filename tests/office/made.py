"""An office for tests: a real scan of two sightings, made twice, and who comes to decide."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfr_batch.casework.decisions import new_id
from lfr_batch.casework.examination import COMPONENTS
from lfr_batch.config.live import ConsoleConfig
from lfr_batch.config.schema import S3Config
from lfr_batch.console.roster import Roster
from lfr_batch.console.serve import serve
from lfr_batch.console.users import make_user
from lfr_batch.live.records import Role
from lfr_batch.office.access import Office
from lfr_batch.office.app import create_office
from lfr_batch.office.desk import MaySee
from lfr_batch.office.opened import opened_office
from tests.console.made import Client

PEOPLE: Mapping[str, Role] = {
    "Anne": "reviewer",
    "Bill": "reviewer",
    "Caro": "reviewer",
    "Otto": "operator",
    "Uma": "authoriser",
    "Ida": "auditor",
}
JPEG = b"\xff\xd8"


@dataclass
class ServedOffice:
    url: str
    home: Path
    office: Office
    tokens: dict[str, str]
    """By name."""
    _clients: dict[str, Client] = field(default_factory=dict)

    def client(self, name: str | None = None) -> Client:
        """Logged in as ``name``, or not at all; always the same one."""
        key = name or ""
        if key not in self._clients:
            self._clients[key] = Client(self.url)
            if name is not None:
                self._clients[key].login(self.tokens[name])
        return self._clients[key]

    def runs(self, name: str = "Anne") -> list[str]:
        """Ids, newest first."""
        return [run["run_id"] for run in self.client(name).get("/api/runs")]

    def sightings(self, run_id: str, name: str = "Anne") -> list[str]:
        told = self.client(name).get(f"/api/runs/{run_id}")["sightings"]
        return [each["sighting_id"] for each in told]

    def decide(self, name: str, path: str, **changes: Any) -> Any:
        """The answer to a decision on the sighting at ``path``."""
        return self.client(name).ask("POST", f"{path}/decisions", decision(**changes))

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def decision(conclusion: str = "same_strong", **changes: Any) -> dict[str, Any]:
    return {
        "decision_id": new_id(),
        "subject_id": "astronaut",
        "conclusion": conclusion,
        "components": dict.fromkeys(COMPONENTS, "similar"),
        "image_factors": ["blur"],
        "reason": "the same ear",
        **changes,
    }


def path_of(run_id: str, sighting_id: str) -> str:
    return f"/api/runs/{run_id}/sightings/{sighting_id}"


@contextmanager
def served_office(
    home: Path,
    may_see: MaySee | None = None,
    people: Mapping[str, Role] = PEOPLE,
    only_run: str | None = None,
) -> Iterator[ServedOffice]:
    tokens = {name: make_user(home, name, role) for name, role in people.items()}
    root = str(home / "results")
    packed = (f"--results={root}",)
    with (
        opened_office(home, root, S3Config(), Roster(home), list, packed, only_run) as office,
        serve(create_office(office), ConsoleConfig(port=0)) as url,
        closing(ServedOffice(url, home, office, tokens)) as made,
    ):
        if may_see is not None:
            office.desk.may_see = may_see
        yield made


def copied(home: Path, folder: Path) -> Path:
    """Nobody has decided in it yet."""
    return shutil.copytree(home, folder / "home", symlinks=True)
