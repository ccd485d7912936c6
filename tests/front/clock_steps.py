"""A home in which a run waits for its authorisation, and what is due about it. Run as
``python -m tests.front.clock_steps PLACE SAMPLES``, that is done in processes that are killed, so
many steps of the file system; as ``… s3://PLACE STEP…``, in copies of one in a bucket, each before
the STEPth object."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from lfr_batch.casework.authorisations import grant, refuse, request_authorisation
from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.cases import open_case
from lfr_batch.casework.clocks import Clock, ClockStep, start_clock
from lfr_batch.config.policy import AuthorisationPolicy, Policy
from lfr_batch.config.schema import S3Config
from lfr_batch.front.clocks import act_on_clocks_of
from lfr_batch.homes.at_hand import Home, home_at
from lfr_batch.results.store import open_store
from lfr_batch.storage.s3_store import S3Store
from tests.front.forgotten import fill_results
from tests.gallery import publisher
from tests.results.synthetic import RUN_ID
from tests.s3_steps import killed_at

Due = Literal["withhold", "put back", "destroy"]
RULES = Policy(authorisation=AuthorisationPolicy(urgent="24h"))
LONG_AGO = datetime.now(UTC) - timedelta(days=2)
CASE = "OP-LANTERN 12/26"


def fill(place: str, due: Due) -> CaseFiles:
    """Its time is over; what is to be put back was withheld before it was granted."""
    store, files = open_store(f"{place}/results"), files_of(place)
    fill_results(store)
    open_case(files, CASE, "missing person", "threat to life", "anna")
    asked = request_authorisation(files, CASE, "find him", "anna", urgent=True, now=LONG_AGO)
    name = asked.authorisation_id
    clock = Clock(
        run_id=RUN_ID, case_ref=CASE, authorisation_id=name, results=store.uri,
        started_at=LONG_AGO, deadline=LONG_AGO + timedelta(days=1),
    )  # fmt: skip
    start_clock(files, clock)
    if due == "put back":
        act(place)
        grant(files, name, "chief")
    if due == "destroy":
        refuse(files, name, "chief", "no ground")
    return files


def home_of(place: str) -> Home:
    return home_at(f"{place}/home")


def files_of(place: str) -> CaseFiles:
    return CaseFiles(home_of(place), S3Config(), RULES)


def act(place: str, now: datetime | None = None) -> list[ClockStep]:
    return act_on_clocks_of(home_of(place), S3Config(), f"{place}/results", "somebody", now)


def killed(place: Path, samples: int) -> None:
    """Prints each copy of the place and how its process ended; the last one lived."""
    steps = _steps(place)
    for step in sorted({1 + steps * n // samples for n in range(samples)} | {steps + 1}):
        copy = _moved(place, f"{step:04d}")
        print(copy, _forked(partial(_die_or_act, str(copy), step)), flush=True)


def _die_or_act(place: str, step: int) -> None:
    publisher.die_at(step)
    act(place)


def _forked(what: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        what()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _moved(place: Path, name: str) -> Path:
    """A clock knows where its results are."""
    copy = place.with_name(f"{place.name}-{name}")
    shutil.copytree(place, copy)
    for clock in (copy / "home" / "cases" / "_clocks").glob("*.json"):
        clock.write_text(clock.read_text().replace(str(place), str(copy)))
    return copy


def moved_in_bucket(place: str, names: Sequence[object]) -> list[str]:
    """As on a disk."""
    there = S3Store(place, S3Config())
    content = {path: there.read(path) for path in there.list("")}
    copies = [f"{place}-{name}" for name in names]
    for copy in copies:
        here = S3Store(copy, S3Config())
        for path, data in content.items():
            is_clock = path.startswith("home/cases/_clocks/")
            moved = data.replace(f"{place}/".encode(), f"{copy}/".encode()) if is_clock else data
            here.write_atomic(path, moved)
    return copies


def _steps(place: Path) -> int:
    copy = _moved(place, "counted")
    return publisher.steps_of(lambda: act(str(copy)))


def killed_in_bucket(place: str, step: int) -> None:
    """Prints the copy and how its process ended."""

    def die_or_act() -> None:
        with killed_at(step):
            act(f"{place}-{step}")

    print(f"{place}-{step}", _forked(die_or_act), flush=True)


if __name__ == "__main__":
    for module in ("pandas", "duckdb"):  # once here, not in every child
        importlib.import_module(module)
    given, *numbers = sys.argv[1:]
    if given.startswith("s3://"):
        for number in numbers:
            killed_in_bucket(given, int(number))
    else:
        killed(Path(given), int(numbers[0]))
