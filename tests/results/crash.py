"""Kills a process with SIGKILL before each change of names on the disk, and looks at what is left.

Run as ``python -m tests.results.crash publish|ledger|merge DIRECTORY``: one JSON object a line.
"""

from __future__ import annotations

import hashlib
import json
import os
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

from lfr_batch.records import Sighting
from lfr_batch.results import ledger, publish
from lfr_batch.results.lake import open_lake
from lfr_batch.results.ledger import append_outcomes, read_outcomes
from lfr_batch.results.run_log import record_run
from lfr_batch.results.shards import list_shards, read_shard
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import Store, open_store

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


def kill_everywhere(directory: Path, prepare: Action, act: Action, look: Look) -> Iterator[Any]:
    in_child(lambda: prepare(open_store(directory / "prepared")))
    for step in range(NEVER):
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
    publish.PART_ROWS = 5
    outcomes, made = read_outcomes(store, RUN_ID), archive()
    shards = (read_shard(store, RUN_ID, segment.segment_id) for segment in made.segments)
    sightings: Iterator[Sighting] = (s for shard in shards for s in shard)
    publish.publish_run(
        store,
        request(),
        made.assets,
        made.segments,
        outcomes,
        sightings,
        "complete",
        finished_at=FINISHED,
    )


def what_readers_see(store: Store) -> dict[str, Any]:
    lake = open_lake(store.uri)
    counts = {
        name: run_query(lake, f"SELECT count(*) FROM {name}").column(0)[0].as_py()
        for name in DATASETS
    }
    status = run_query(lake, "SELECT status FROM runs").column(0).to_pylist()
    content = hashlib.sha256()
    for name in DATASETS:
        for path in store.list(name):
            content.update(path.encode() + store.read(path))
    left = [path for path in store.list(f"_state/run_id={RUN_ID}") if "publish" in path]
    shards = len(list_shards(store, RUN_ID))
    return {**counts, "status": status, "sha256": content.hexdigest(), "left": [*left, shards]}


def prepare_ledger(store: Store) -> None:
    write_shards(store, "R")
    append_outcomes(store, "R", list(archive().outcomes.values())[:3])


def prepare_merge(store: Store) -> None:
    """One block short of a merge of both levels; every receipt has a later one that counts."""
    ledger.FAN = 2
    outcomes = list(archive().outcomes.values())
    write_shards(store, "R")
    for tenths in (1, 3, 5):
        append_outcomes(store, "R", [replace(o, wall_s=tenths / 10) for o in outcomes])


def append_last(store: Store) -> None:
    ledger.FAN = 2
    outcomes = archive().outcomes.values()
    append_outcomes(store, "R", [replace(o, wall_s=0.7) for o in outcomes])


def receipts_that_count(store: Store) -> tuple[int, float]:
    (wall_s,) = {outcome.wall_s for outcome in read_outcomes(store, "R").values()}
    return len(read_outcomes(store, "R")), wall_s


SCENARIOS: dict[str, tuple[Action, Action, Look]] = {
    "publish": (prepare_publish, publish_from_shards, what_readers_see),
    "ledger": (
        prepare_ledger,
        lambda store: append_outcomes(store, "R", list(archive().outcomes.values())[3:]),
        lambda store: len(read_outcomes(store, "R")),
    ),
    "merge": (prepare_merge, append_last, receipts_that_count),
}

if __name__ == "__main__":
    for found in kill_everywhere(Path(sys.argv[2]), *SCENARIOS[sys.argv[1]]):
        print(json.dumps(found), flush=True)
