"""Runs on a cluster whose parts are killed, with a bucket behind a proxy that loses requests.

    python -m benchmarks.soak --kills 100 --faults 200 --seed 1 --minutes 60 --out soak.json
        [--kinds child driver …] [--store moto|rclone] [--nodes 3] [--fault-share 0.01]
        [--keep FOLDER] [--markdown]

A Ray cluster of a head and some nodes with a worker each is started on this machine, in sessions
of its own. Small clips with faces are searched in a bucket, the results land in another; both are
behind ``faulty_proxy``. `lfr scan` is hit at random moments of the seed (``soak_hits``), and
`lfr resume` goes on until the run is over: its rows must be those of an undisturbed run, and
whatever a driver ended with, a sentence of ours. It goes on until there were as many kills and as
many faulty requests, or until the minutes are over. With ``--keep`` there is what drivers said and
the logs of Ray of the first run with an offence. The exit code is 1 where there is one.

Needs /proc, about 4 GB of memory, and the open pack (``--home``).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from itertools import count, islice
from pathlib import Path
from time import monotonic

from benchmarks.faulty_proxy import NONE, SHARES, Faults, FaultyProxy, faulty_proxy
from benchmarks.machine import describe_machine
from benchmarks.soak_case import KEYS, Bucket, Rows, prepare, rows_of, s3_server
from benchmarks.soak_cluster import cluster
from benchmarks.soak_hits import WAYS, Hit, hits
from benchmarks.soak_run import Course, Place
from benchmarks.soak_verdict import Record, as_table, differences
from benchmarks.tables import show
from lfr_batch.errors import LfrError

MOST_HITS = 10
"""Of a run."""
QUIET = "quiet"
DELAYS = Faults(most_delay_s=0.5, most_late_s=3.0, skew_s=120.0)


def soaked(place: Place, asked: argparse.Namespace) -> Iterator[Record]:
    """Runs until it is enough; the first of them is left alone."""
    undisturbed = _undisturbed(place)
    place.proxy.faults = replace(DELAYS, **dict.fromkeys(SHARES, asked.fault_share))
    ahead, began_s, kills, faults = hits(asked.seed, asked.kinds), monotonic(), 0, 0
    for number in count():
        late = monotonic() - began_s > 60 * asked.minutes
        if late or (kills >= asked.kills and faults >= asked.faults):
            return
        most = max(0, min(MOST_HITS, asked.kills - kills))
        record = _hit(place, f"run-{asked.seed}-{number:03d}", ahead, most, undisturbed)
        kills, faults = kills + len(record.struck), faults + record.faults
        yield record


def _undisturbed(place: Place) -> Rows:
    record = Course(place, Record(QUIET), iter(()), 0).play()
    rows = rows_of(QUIET)
    if record.offences or len(record.ends) != 1 or not rows["sightings"]:
        raise RuntimeError(f"an undisturbed run fails: {record.offences} {record.ends}")
    return rows


def _hit(place: Place, run_id: str, ahead: Iterator[Hit], most: int, undisturbed: Rows) -> Record:
    place.cluster.fill(place.nodes)
    before = _met(place.proxy)
    record = Course(place, Record(run_id), ahead, most).play()
    place.proxy.settle()
    requests, faults = (now - then for now, then in zip(_met(place.proxy), before, strict=True))
    record.requests, record.faults = requests, faults
    try:
        record.offences += differences(rows_of(run_id), undisturbed)
    except LfrError as error:
        record.offences.append(f"its rows cannot be read: {error}")
    return record


def _met(proxy: FaultyProxy) -> tuple[int, int]:
    """All requests, and those that met a fault."""
    return proxy.met.total(), proxy.met.total() - proxy.met["passed"]


def main(argv: Sequence[str] | None = None) -> int:
    asked = _asked(argv)
    _heed_signals()
    records: list[Record] = []
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(dir="/tmp", prefix="soak")))
        place = _place(opened, folder, asked)
        try:
            for record in soaked(place, asked):
                records.append(record)
                _tell(record)
                if record.offences and asked.keep and not (asked.keep / "said").exists():
                    _keep(place, asked.keep)
                if asked.out:
                    asked.out.write_text(json.dumps(as_report(records, asked), indent=1) + "\n")
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
    show(as_table(records), markdown=asked.markdown)
    print(_sum(records))
    return int(any(record.offences for record in records))


def _heed_signals() -> None:
    """What is started here is ended here; and drivers heed Ctrl-C, even where a shell that starts
    this in the background has it ignored."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)


def _place(opened: ExitStack, folder: Path, asked: argparse.Namespace) -> Place:
    home, footage = prepare(folder, asked.home)
    endpoint = opened.enter_context(s3_server(asked.store, folder))
    bucket = Bucket(endpoint)
    bucket.fill(footage, asked.copies)
    proxy = opened.enter_context(faulty_proxy(endpoint, NONE, asked.seed))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LFR_", "RAY_", "AWS_"))}
    os.environ.update(KEYS, AWS_ENDPOINT_URL=endpoint)  # for what is looked at from here
    environment = {**kept, **KEYS, "AWS_ENDPOINT_URL": proxy.address, "LFR_HOME": str(home)}
    nodes = opened.enter_context(cluster(folder, environment, asked.nodes))
    drivers = {k: v for k, v in nodes.environment.items() if k != "RAY_BACKEND_LOG_LEVEL"}
    said = folder / "said"
    said.mkdir()
    return Place(nodes, proxy, bucket, drivers, said, asked.nodes)


def as_report(records: Sequence[Record], asked: argparse.Namespace) -> dict[str, object]:
    return {
        "machine": describe_machine(),
        "asked": {name: str(value) for name, value in vars(asked).items()},
        "offences": [each for record in records for each in record.offences],
        "table": as_table(records),
        "runs": [
            {**asdict(r), "ends": [{**asdict(e), "sent": sorted(e.sent)} for e in r.ends]}
            for r in records
        ],
    }


def _tell(record: Record) -> None:
    """A line for each run, and one for each of its hits and ends."""
    print(
        f"{record.run_id}: {record.lasted_s:.0f} s, {len(record.ends)} drivers, "
        f"{record.faults} of {record.requests} requests faulty"
    )
    for struck in record.struck:
        ended = "" if struck.ended is None else f", ended {struck.ended}: {struck.said}"
        went = "?" if struck.went_on_s is None else f"{struck.went_on_s:.0f}"
        hit = struck.hit
        print(f"  {struck.at_s:4.0f} s {hit.kind} {hit.way} ({struck.whom}): {went} s{ended}")
    for offence in record.offences:
        print(f"  OFFENCE {offence}")
    sys.stdout.flush()


def _keep(place: Place, keep: Path) -> None:
    """What was said, and Ray's own logs."""
    keep.mkdir(parents=True, exist_ok=True)
    shutil.copytree(place.folder, keep / "said")
    for logs in islice(place.cluster.folder.glob("*/session_2*/logs"), 8):
        shutil.copytree(logs, keep / logs.parts[-3] / logs.parts[-2], dirs_exist_ok=True)


def _sum(records: Sequence[Record]) -> str:
    hit = sum(len(record.struck) for record in records)
    faults, requests = (
        (sum(each) for each in zip(*((r.faults, r.requests) for r in records), strict=True))
        if records
        else (0, 0)
    )
    bad = sum(bool(record.offences) for record in records)
    return (
        f"{len(records)} runs, {sum(len(r.ends) for r in records)} drivers, {hit} hits, "
        f"{faults:,} of {requests:,} requests faulty, {bad} runs with an offence"
    )


def _asked(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--faults", type=int, default=200, help="requests that meet one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--minutes", type=float, default=60.0, help="no run begins later")
    parser.add_argument("--store", choices=["moto", "rclone"], default="moto")
    parser.add_argument("--nodes", type=int, default=3, help="with a worker each")
    parser.add_argument("--copies", type=int, default=4, help="of each clip")
    parser.add_argument("--fault-share", type=float, default=0.01, help="of requests, each kind")
    parser.add_argument("--home", type=Path, default=Path(".cache/home"), help="with the pack")
    parser.add_argument("--out", type=Path, help="JSON")
    parser.add_argument("--keep", type=Path, help="folder for the first run with an offence")
    parser.add_argument("--markdown", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
