"""The results lake at scale: opened, asked, published into, compacted; processor time and bytes.

    python -m benchmarks.lake year --where /dev/shm/lake --out lake.json

The lake is made with the product's own writers under ``--where`` (a folder; not removed), unless it
is there already. Each figure is a command of its own, as whoever types it pays for it: processor
time of the whole process, and what it read (``rchar`` of /proc/PID/io: all that it asked the system
for, modules too; the same command on an empty lake stands beside it). ``--compact`` measures once
more after ``lfr lake compact``; ``--bucket s3://NAME/PREFIX`` once more with a copy of the lake in
a bucket, of whose server ``AWS_ENDPOINT_URL`` says where it is: bytes are those on the wire.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import gettempdir
from time import process_time

from benchmarks.counting_relay import Relay, counting_relay
from benchmarks.lake_made import SIZES, Size, make_lake, make_run
from benchmarks.machine import describe_machine
from benchmarks.tables import show
from lfr_batch.results.compact import compact
from lfr_batch.results.lake import write_views
from lfr_batch.results.manifest_log import read_manifest
from lfr_batch.results.run_state import list_runs
from lfr_batch.results.store import open_store
from lfr_batch.storage.store import Store

LFR = (sys.executable, "-m", "lfr_batch.cli.app")
QUESTIONS = (
    "best",
    "candidates_of_run",
    "coverage",
    "first_last",
    "not_searched",
    "sightings_of_run",
    "subjects",
    "together",
)
PICTURE = """
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
lake = open_lake({root!r})
(row,) = run_query(lake, "SELECT run_id, sighting_id FROM sightings LIMIT 1").to_pylist()
before = int(open("/proc/self/io").read().split()[1])
asked = "SELECT jpeg FROM best_shots WHERE run_id = $run_id AND sighting_id = $sighting_id"
assert run_query(lake, asked, row).num_rows == 1
print(int(open("/proc/self/io").read().split()[1]) - before)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one command."""

    cpu_s: float
    read_bytes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("size", choices=sorted(SIZES))
    parser.add_argument("--where", type=Path, required=True)
    parser.add_argument("--runs", type=int, help="fewer or more of them")
    parser.add_argument("--compact", action="store_true")
    parser.add_argument("--bucket", help="an empty place in one, as s3://NAME/PREFIX")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    size = SIZES[asked.size]
    size = replace(size, runs=asked.runs) if asked.runs else size
    store, empty = open_store(asked.where / asked.size), open_store(asked.where / "empty")
    write_views(empty)
    if not list_runs(store, 1):
        make_lake(store, size)
    found = {"as it is": measure(store, empty, size)}
    if asked.compact:
        before = process_time()
        done = compact(store)
        print(f"compacted {done.runs} runs: {process_time() - before:.1f} s of processor time")
        found["compacted"] = measure(store, empty, size)
    if asked.bucket:
        found["in a bucket"] = measure_bucket(store, asked.bucket, size)
    for name, figures in found.items():
        print(f"\n{asked.size}, {name}")
        show(table_of(figures))
    if asked.out:
        asked.out.write_text(json.dumps({"machine": describe_machine(), "lakes": found}, indent=1))


def measure_bucket(store: Store, bucket: str, size: Size) -> dict[str, float]:
    """``measure`` of a copy of ``store``."""
    with counting_relay(os.environ["AWS_ENDPOINT_URL"]) as relay:
        os.environ["AWS_ENDPOINT_URL"] = relay.address
        there, empty = open_store(f"{bucket}/{size.runs}"), open_store(f"{bucket}/empty")
        write_views(empty)
        for path in store.list(""):
            there.write_atomic(path, store.read(path))
        return measure(there, empty, size, relay)


def measure(store: Store, empty: Store, size: Size, relay: Relay | None = None) -> dict[str, float]:
    """Seconds and MB by what they are of; ``over``: more than on a lake without runs."""
    manifest, figures = read_manifest(store), dict[str, float]()
    figures["files"] = len(list(manifest.parts()))
    figures["lake MB"] = sum(part.bytes for part in manifest.parts()) / 1e6
    for name, words in _commands(list_runs(store, 1)[0]).items():
        cost, floor = _cost(store, words, relay), _cost(empty, words, relay)
        figures[f"{name}: s"] = cost.cpu_s
        figures[f"{name}: s over"] = cost.cpu_s - floor.cpu_s
        figures[f"{name}: MB over"] = (cost.read_bytes - floor.read_bytes) / 1e6
    figures["one picture: MB"] = _picture_bytes(store, relay) / 1e6
    number = 10**6 - 1 - len(list_runs(store))
    before = process_time()
    make_run(store, replace(size, runs=10**6), number, seed=1)
    figures["one run more: s"] = process_time() - before
    return figures


def _commands(run_id: str) -> Mapping[str, Sequence[str]]:
    report = ("report", run_id, "--out", str(Path(gettempdir(), "lake-report.html")))
    return {
        "opening": ("sql", "SELECT 1"),
        "runs": ("runs", "--json"),
        **{name: ("sql", "--ask", name, "--format", "csv") for name in QUESTIONS},
        "report": report,
    }


def _picture_bytes(store: Store, relay: Relay | None) -> int:
    """On the wire, opening the lake is with it."""
    before = relay.down_bytes if relay else 0
    said = subprocess.run(
        (sys.executable, "-c", PICTURE.format(root=store.uri)),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return relay.down_bytes - before if relay else int(said)


def _cost(store: Store, words: Sequence[str], relay: Relay | None) -> Cost:
    """Of the quickest of three: the machine has other things to do, too."""
    return min((_once(store, words, relay) for _ in range(3)), key=lambda cost: cost.cpu_s)


def _once(store: Store, words: Sequence[str], relay: Relay | None) -> Cost:
    place = "--results" if words[0] == "report" else "--out"
    came_before = relay.down_bytes if relay else 0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(
        (*LFR, *words, place, store.uri), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        read = int(Path(f"/proc/{child.pid}/io").read_text().split()[1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if relay:
        read = relay.down_bytes - came_before
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(spent, read)


def table_of(figures: Mapping[str, float]) -> list[Sequence[str]]:
    return [("what", "figure"), *((name, f"{value:.3f}") for name, value in figures.items())]


if __name__ == "__main__":
    main()
