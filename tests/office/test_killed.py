"""`lfr serve` is killed while people work: nothing that was answered is lost, and all is on record
once."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from pathlib import Path

import pytest

from lfr_batch.casework.authorisations import authorisations_of
from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.cases import open_case
from lfr_batch.config.schema import S3Config
from lfr_batch.console.users import make_user
from lfr_batch.oversight import audit
from lfr_batch.results.parts import read_part
from lfr_batch.results.store import open_store
from tests.e2e.cli import lfr
from tests.office.cases_made import CASE, HARM, KIND, MORE_PEOPLE
from tests.office.crowd import NAMES, Crowd, killed_under, server
from tests.office.many import fill_many
from tests.results.synthetic import RUN_ID

EVENTS = {
    "Anne": "sighting.decided",
    "Bill": "sighting.decided",
    "Otto": "sighting.outcome",
    "Oda": "authorisation.requested",
    "Uma": "authorisation.granted",
}
"""What each of them does is on record as."""


def crowd_at(home: Path, many: int) -> Crowd:
    fill_many(open_store(home / "results"), many)
    open_case(CaseFiles(home, S3Config()), CASE, KIND, HARM, "Otto")
    return Crowd(many, CASE, {name: make_user(home, name, MORE_PEOPLE[name]) for name in NAMES})


def require_once(home: Path, crowd: Crowd, *, is_whole: bool) -> None:
    """All that was answered is there once, with its line; nothing is half there."""
    store, lines = open_store(home / "results"), list(audit.entries(home))
    paths = store.list(f"reviews/run_id={RUN_ID}")
    logged = Counter(line["review_id"] for line in lines if "review_id" in line)
    for path in paths:
        (row,) = read_part(store, path, "")
        assert logged[row["review_id"]] == 1, path
        (line,) = (line for line in lines if line.get("review_id") == row["review_id"])
        assert line["row_sha256"] == hashlib.sha256(store.read(path)).hexdigest()
    places = {path.rsplit("/", 1)[-1] for path in paths}
    for name, number in crowd.done:
        if EVENTS[name] == "sighting.outcome":
            assert f"sighting-a{number:05d}.outcome-0001.parquet" in places
    kept = {read_part(store, path, "")[0]["review_id"] for path in paths}
    decided = {body["decision_id"] for (n, _), body in crowd.done.items() if n in {"Anne", "Bill"}}
    assert decided <= kept
    files = CaseFiles(home, S3Config())
    asked = authorisations_of(files)
    counted = Counter(each.request.purpose for each in asked)
    assert set(counted.values()) <= {1}
    found = {each.authorisation_id: each for each in asked}
    for (name, _), told in crowd.done.items():
        if name in {"Oda", "Uma"}:
            assert told["purpose"] in counted
        if name == "Uma":
            assert found[told["authorisation_id"]].state == "granted"
    if is_whole:
        assert len(paths) == len(logged) == 3 * crowd.many
        assert len(asked) == crowd.many


def verified(home: Path) -> str:
    """What it says that is to be known."""
    done = lfr(home, "audit", "verify")
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("many", "kills"), [(8, 2), pytest.param(24, 6, marks=pytest.mark.long)], ids=["few", "many"]
)
def test_killed_under_those_who_decide(many: int, kills: int, tmp_path: Path) -> None:
    home, said, chance = tmp_path / "home", tmp_path / "said", random.Random(many)
    crowd = crowd_at(home, many)
    for _ in range(kills):
        killed_under(crowd, home, said, chance)
        assert crowd.done
        if crowd.is_done:
            break
    with server(home, said) as (_, url):  # the next one makes up for what the log lacks
        require_once(home, crowd, is_whole=False)
        crowd.work(url)
    assert crowd.is_done
    require_once(home, crowd, is_whole=True)
    assert not list((home / "results" / "reviews").rglob(".tmp-*"))
    remarks = [line for line in verified(home).splitlines() if "has no record" in line]
    assert len(remarks) <= kills * 2
