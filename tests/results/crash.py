"""Kills a process with SIGKILL before each change of names on the disk, and looks at what is left.

Run as ``python -m tests.results.crash SCENARIO DIRECTORY``: one JSON object a line.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from lfr_batch.records import SegmentOutcome, Sighting
from lfr_batch.results import layout, ledger, publish
from lfr_batch.results.compact import compact
from lfr_batch.results.forget import forget
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.lake import open_lake
from lfr_batch.results.ledger import read_outcomes
from lfr_batch.results.lock import lock_run
from lfr_batch.results.shards import list_shards, read_shard
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.holding import append_outcomes, publish_run, record_run

from .publishing import publish_searched
from .synthetic import FINISHED, RUN_ID, STARTED, archive, request, searched_run, write_shards

REPOSITORY = Path(__file__).resolve().parents[2]
STEPS = ("rename", "replace", "unlink", "rmdir")
DATASETS = ("footage", "segments", "sightings", "candidates", "best_shots")
NEVER = 1_000_000

Action = Callable[[Store], None]
Look = Callable[[Store], object]


def crash_report(scenario: str) -> list[dict[str, Any]]:
    """One entry for each step at which the process was killed, and one in which it was not."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "tests.results.crash", scenario, directory]
        done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def die_before(step: int) -> None:
    left = step

    def counting(real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return real(*args, **kwargs)

        return counted

    for name in STEPS:
        setattr(os, name, counting(getattr(os, name)))


def in_child(act: Callable[[], object]) -> tuple[bool, Any]:
    """(whether it was killed, what it answered). The parent stays free of threads."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        answer = json.dumps(act()).encode()
        os.write(writing, answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    status = os.waitpid(child, 0)[1]
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not killed and status:
        raise SystemExit(f"the child failed with status {status}")
    return killed, json.loads(answer) if answer else None


def kill_everywhere(
    directory: Path, prepare: Action, act: Action, look: Look, stride: int = 1
) -> Iterator[Any]:
    """At every step or, where there are hundreds, at each that is ``stride`` from the last."""
    in_child(lambda: prepare(open_store(directory / "prepared")))
    for step in range(0, NEVER, stride):
        shutil.copytree(directory / "prepared", directory / f"step-{step}")
        store = open_store(directory / f"step-{step}")
        killed, _ = in_child(partial(act_until, step, act, store))
        _, (after_kill, after_retry) = in_child(partial(look_and_retry, act, look, store))
        yield {"killed": killed, "after_kill": after_kill, "after_retry": after_retry}
        if not killed:
            return


def act_until(step: int, act: Action, store: Store) -> None:
    die_before(step)
    act(store)


def look_and_retry(act: Action, look: Look, store: Store) -> tuple[object, object]:
    before = look(store)
    act(store)
    return before, look(store)


def prepare_publish(store: Store) -> None:
    searched_run(store)
    done = [replace(o, status="done", attempt=2, error=None) for o in archive().outcomes.values()]
    append_outcomes(store, RUN_ID, done)
    record_run(store, request(), "running", at=STARTED)


def publish_from_shards(store: Store) -> None:
    publish.PART_BYTES = 1
    run = StoredRun(store, RUN_ID)
    outcomes, made = read_outcomes(run), archive()
    receipts = (outcomes[segment.segment_id] for segment in made.segments)
    sightings: Iterator[Sighting] = (s for r in receipts for s in read_shard(run, r))
    publish_run(
        store,
        request(),
        made.assets,
        made.segments,
        outcomes,
        sightings,
        "complete",
        at=FINISHED,
    )


def what_readers_see(store: Store) -> dict[str, Any]:
    lake = open_lake(store.uri)
    counts = {
        name: run_query(lake, f"SELECT count(*) FROM {name}").column(0)[0].as_py()
        for name in DATASETS
    }
    status = run_query(lake, "SELECT status FROM runs").column(0).to_pylist()
    parts = [path for name in DATASETS for path in store.list(name)]
    content = hashlib.sha256()
    for path in parts:
        content.update(re.sub(layout.EPOCH, "", path).encode() + store.read(path))
    holders = len({layout.epoch_of(path) for path in parts})
    left = {"holders": holders, "shards": len(list_shards(StoredRun(store, RUN_ID)))}
    return {**counts, "status": status, "sha256": content.hexdigest(), "left": left}


def prepare_ledger(store: Store) -> None:
    write_shards(store, "R")
    append_outcomes(store, "R", list(archive().outcomes.values())[:3])


def prepare_merge(store: Store) -> None:
    """Every receipt is there and will have later ones that count."""
    write_shards(store, "R")
    append_outcomes(store, "R", receipts_of(0.1))


def append_and_merge(store: Store) -> None:
    """Until one block has been merged of merged ones."""
    ledger.FAN = 2
    run = StoredRun(store, "R")
    with lock_run(run) as hold:
        ours = ledger.open_ledger(hold, read_outcomes(run).values())
        for wall_s in (0.3, 0.5, 0.7, 0.9):
            ours.append(receipts_of(wall_s))


def receipts_of(wall_s: float) -> list[SegmentOutcome]:
    return [replace(o, wall_s=wall_s) for o in archive().outcomes.values()]


def receipts_that_count(store: Store) -> tuple[int, float]:
    outcomes = read_outcomes(StoredRun(store, "R"))
    (wall_s,) = {outcome.wall_s for outcome in outcomes.values()}
    return len(outcomes), wall_s


RUNS = (RUN_ID, "20260203-080000-scan-0003", "20260204-080000-scan-0004")


def prepare_runs(store: Store) -> None:
    for run_id in RUNS:
        publish_searched(store, run_id)


def compact_all(store: Store) -> None:
    compact(store)


def prepare_compacted(store: Store) -> None:
    prepare_runs(store)
    compact(store)


def rows_and_files(store: Store) -> dict[str, Any]:
    """Every row of every view, what a glob finds, and what lies about."""
    lake, content = open_lake(store.uri), hashlib.sha256()
    counts = {}
    for name in ("runs", *DATASETS):
        table = run_query(lake, f"FROM {name} ORDER BY ALL")
        content.update(repr(table.to_pylist()).encode())
        counts[name] = table.num_rows
    folders = {path.split("/")[1].partition("=")[0] for n in DATASETS for path in store.list(n)}
    return {**counts, "sha256": content.hexdigest(), "folders": sorted(folders)}


def forget_subject(store: Store) -> None:
    subject = archive().sightings[0].subject_id
    forget(store, Forgetting("subject", subject, "2026-11-27 of case OP-1"))


def forget_footage(store: Store) -> None:
    forget(store, Forgetting("footage", archive().assets[0].uri, "2026-11-27 of case OP-1"))


FEWER, FEW = 9, 5
"""Steps from one that is looked at to the next: ten or more are, of a hundred and of fifty."""
SCENARIOS: dict[str, tuple[Any, ...]] = {
    "publish": (prepare_publish, publish_from_shards, what_readers_see),
    "ledger": (
        prepare_ledger,
        lambda store: append_outcomes(store, "R", list(archive().outcomes.values())[3:]),
        lambda store: len(read_outcomes(StoredRun(store, "R"))),
    ),
    "compact": (prepare_runs, compact_all, rows_and_files, FEW),
    "forget": (prepare_runs, forget_subject, rows_and_files, FEWER),
    "forget compacted": (prepare_compacted, forget_subject, rows_and_files, FEWER),
    "forget footage": (prepare_runs, forget_footage, rows_and_files, FEWER),
    "forget footage, compacted": (prepare_compacted, forget_footage, rows_and_files, FEWER),
    "merge": (prepare_merge, append_and_merge, receipts_that_count),
}

if __name__ == "__main__":
    for found in kill_everywhere(Path(sys.argv[2]), *SCENARIOS[sys.argv[1]]):
        print(json.dumps(found), flush=True)
