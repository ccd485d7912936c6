"""A case from a request to an outcome, each deed told as it is answered. Run as
``python -m tests.casework.deciding_steps PLACE SAMPLES``, that is done in processes that are
killed, at so many steps of the file system, or at every second one where SAMPLES is 0; as
``… PLACE 0 STEP``, in a bucket, before the STEPth object."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from lfr_batch.casework.authorisations import authorisations_of, grant, request_authorisation
from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.cases import open_case
from lfr_batch.casework.decisions import Decisions
from lfr_batch.config.schema import S3Config
from lfr_batch.homes.at_hand import home_at
from lfr_batch.results.store import open_store
from tests.casework.examined import ANNE, BILL, CANDIDATES, CARO, RUN, SIGHTING, opinion
from tests.gallery import publisher
from tests.s3_steps import killed_at

CASE, PURPOSE = "OP-1", "find him"
Deed = Callable[[str], object]


def files_of(place: str) -> CaseFiles:
    return CaseFiles(home_at(f"{place}/home"), S3Config())


def book_of(place: str) -> Decisions:
    files = files_of(place)
    return Decisions(open_store(f"{place}/results"), files.home, files.s3)


def fill(place: str) -> None:
    open_case(files_of(place), CASE, "missing person", "threat to life", "otto")


def _first(place: str) -> object:
    return book_of(place).decide(RUN, SIGHTING, ANNE, opinion(), CANDIDATES, "a" * 32)


def _second(place: str) -> object:
    return book_of(place).decide(RUN, SIGHTING, BILL, opinion(), CANDIDATES, "b" * 32)


def _outcome(place: str) -> object:
    return book_of(place).note_outcome(RUN, SIGHTING, CARO, "arrest", "found at home")


def _request(place: str) -> object:
    return request_authorisation(files_of(place), CASE, PURPOSE, "otto")


def _grant(place: str) -> object:
    (found,) = authorisations_of(files_of(place), CASE)
    return grant(files_of(place), found.authorisation_id, "uma", valid_for="14d", reason="fair")


DEEDS: Mapping[str, Deed] = {
    "request": _request,
    "grant": _grant,
    "first": _first,
    "second": _second,
    "outcome": _outcome,
}


def do(place: str, answered: Callable[[str], object] = str, known: Collection[str] = ()) -> None:
    """All of it, in turn, but what is ``known`` to have been answered."""
    for name in [each for each in DEEDS if each not in known]:
        DEEDS[name](place)
        answered(name)


def killed(place: Path, samples: int) -> None:
    """Prints each copy of the place, how its process ended, and what was answered in it."""
    steps = _steps(place)
    sampled = {1 + steps * n // samples for n in range(samples)}
    chosen = sampled or range(1, steps + 1, 2)
    for step in sorted({*chosen, steps + 1}):
        copy, (read, write) = _copied(place, f"{step:04d}"), os.pipe()
        child = os.fork()
        if child == 0:
            publisher.die_at(step)
            do(str(copy), partial(_tell, write))
            os._exit(0)
        os.close(write)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(copy, code, os.read(read, 1000).decode(), flush=True)


def _tell(out: int, name: str) -> None:
    os.write(out, f"{name} ".encode())


def _copied(place: Path, name: str) -> Path:
    return Path(shutil.copytree(place, place.with_name(f"{place.name}-{name}")))


def _steps(place: Path) -> int:
    copy = _copied(place, "counted")
    return publisher.steps_of(lambda: do(str(copy)))


def killed_in_bucket(place: str, step: int) -> None:
    """Prints what was answered."""
    with killed_at(step):
        do(place, lambda name: print(name, flush=True))


if __name__ == "__main__":
    importlib.import_module("pandas")  # once here, not in every child
    given, samples, *at = sys.argv[1:]
    if at:
        killed_in_bucket(given, int(at[0]))
    else:
        killed(Path(given), int(samples))
