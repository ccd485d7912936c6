"""Runs that are yet to be planned, of small generated files, and drivers that do it.

Real listings, holds, blocks and probing; only the search itself is invented. As a program
(``python -m tests.scanning.planned_run once|twice FOLDER``) it kills drivers with SIGKILL before
each change of names on the disk, and says what was left: one JSON object a line.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lfr_batch import __version__
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.records import FootageEntry, Segment, SegmentOutcome
from lfr_batch.results import probed
from lfr_batch.results.lock import LEASE_S, lock_run
from lfr_batch.results.probed import count_probed
from lfr_batch.results.run_state import (
    RunRequest,
    begin_run,
    is_planned,
    load_run,
    read_catalogue,
    read_plan,
)
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning import planning
from lfr_batch.scanning.execute import AS_ASKED, Means, Resumption, RunResult, execute_run
from lfr_batch.scanning.probing import OpenProbers, Probers
from lfr_batch.scanning.progress import UNHEARD, Progress
from lfr_batch.storage.store import Store
from lfr_batch.work.attempts import Tell
from lfr_batch.work.here import run_here
from tests.results.crash import act_until, in_child, kill_everywhere, look_and_retry
from tests.results.synthetic import RUN_ID, request

Rows = tuple[list[Any], list[Any]]


def write_stills(folder: Path, count: int) -> list[FootageEntry]:
    """Named so that order tells; the last is no picture. Those that are there stay as they are:
    a plan tells a file that was written anew from the one before."""
    folder.mkdir(exist_ok=True)
    for number in range(0 if any(folder.iterdir()) else count - 1):
        picture = np.full((16, 16, 3), number % 250, np.uint8)
        cv2.imwrite(str(folder / f"{number:05d}.png"), picture)
    if not (last := folder / f"{count - 1:05d}.png").exists():
        last.write_bytes(b"\x89PNG\r\n\x1a\nno more")
    return [FootageEntry(str(path), camera_id="7") for path in sorted(folder.iterdir())]


def begun(store: Store, entries: list[FootageEntry], **changes: Any) -> StoredRun:
    """The run ``RUN_ID``, which nobody has planned yet."""
    config = Config(engine=EngineConfig(kind="in_process")).model_dump(mode="json")
    values = {"config": config, "software_version": __version__, "segment_key": "key", **changes}
    run = StoredRun(store, RUN_ID)
    with lock_run(run) as hold:
        begin_run(hold, request(**values), entries)
    return run


@contextmanager
def one_by_one(_: EngineConfig, __: int, ___: Tell) -> Iterator[Probers]:
    yield Probers(run_here, together=1)


def drive(
    run: StoredRun,
    open_probers: OpenProbers = one_by_one,
    progress: Progress = UNHEARD,
    resumption: Resumption = AS_ASKED,
    lease_s: float = LEASE_S,
) -> RunResult:
    means = Means(searching, open_probers=open_probers)
    return execute_run(run, means, progress, resumption, lease_s)


@contextmanager
def searching(*_: object) -> Iterator[Any]:
    def search(
        _: object, __: object, groups: Iterable[tuple[Segment, ...]], *___: int
    ) -> Iterator[Any]:
        for group in groups:
            yield tuple(map(receipt, group))

    yield search


def receipt(segment: Segment) -> SegmentOutcome:
    times = (segment.start_s, segment.end_s)
    which = (segment.segment_id, segment.footage_id)
    return SegmentOutcome(*which, *times, "done", attempt=segment.attempt, frames_decoded=1)


def rows(run: StoredRun) -> Rows:
    """Catalogue and plan, but for times that are on record only where the file is old enough."""
    assets = [replace(asset, changed_ns=None, state_id=None) for asset in read_catalogue(run)]
    return assets, [replace(segment, changed_ns=None) for segment in read_plan(run)]


def left_over(run: StoredRun) -> tuple[str, ...]:
    return tuple(run.store.list(run.state("probed")))


def prepare(store: Store) -> None:
    begun(store, write_stills(Path(store.uri).parent / "stills", 9))


def plan_and_search(store: Store) -> None:
    planning.PROBED_BLOCK, probed.FAN = 2, 2
    drive(StoredRun(store, RUN_ID))


def look(store: Store) -> dict[str, Any]:
    run = StoredRun(store, RUN_ID)
    asked: RunRequest = load_run(run)
    assert asked.listing is not None
    if not is_planned(run, asked):
        return {"probed": count_probed(run, asked.listing)}
    digest = hashlib.sha256(repr(rows(run)).encode()).hexdigest()
    return {"planned": digest, "left": len(left_over(run))}


def kill_twice(directory: Path) -> Iterator[Any]:
    """Once, and whoever takes it up again and again."""
    for first in range(4, 20, 5):
        store = open_store(directory / f"killed-at-{first}")
        in_child(partial(prepare, store))
        in_child(partial(act_until, first, plan_and_search, store))
        for second in (3, 5, 8):
            in_child(partial(act_until, second, plan_and_search, store))
        _, (after_kill, after_retry) = in_child(
            partial(look_and_retry, plan_and_search, look, store)
        )
        yield {"after_kill": after_kill, "after_retry": after_retry}


SCENARIOS: dict[str, Callable[[Path], Iterator[Any]]] = {
    "once": lambda folder: kill_everywhere(folder, prepare, plan_and_search, look),
    "twice": kill_twice,
}

if __name__ == "__main__":
    os.umask(0o022)
    for found in SCENARIOS[sys.argv[1]](Path(sys.argv[2])):
        print(json.dumps(found), flush=True)
