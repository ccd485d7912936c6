"""`make bench`: the product beside the loops that people write today, on the same frames.

    python -m benchmarks.run [--home HOME] [--data ../shared/data] [--repeats 3] [--only every ...]

How to read the table. Every contender runs in a process of its own on the same cores, opened and
warmed up before the clock starts; a round runs all of them once, in turn, and what is shown are
medians over the rounds. Machines are noisy: trust the ratios, which are taken within a round, more
than the rates.

``frames/s``       frames of footage gone through; ``looks/s`` those in which faces were looked for
``× real``         seconds of footage per second
``CPU s/min``      CPU seconds per minute of footage
``known found``    visits of the one enrolled person found, and the best score; "stray" are hits
                   where that person is not
``× InsightFace``  frames of footage per second as a multiple of its loop's, on the same frames
``of limit``       frames/s as a share of what decoding every frame, detecting in as many and one
                   template per track would allow, each measured alone with all cores. Above 1
                   means that work was spared: the motion gate shows the detector parts of frames.

Below it what was reached of the limit, in the same form as `python -m benchmarks.gpu` has it: each
model through the product's session against the library alone, each loop, and the defaults on Ray.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmarks.case import prepare_case
from benchmarks.clips import CLIPS, DEFAULT_FOLDER, render_clips
from benchmarks.contenders.table import CONTENDERS
from benchmarks.machine import describe_machine
from benchmarks.measures import BenchFailed, Case, Job, Measure, measure_from_json, to_json
from benchmarks.rows import as_json
from benchmarks.shares import shares
from benchmarks.show import show
from benchmarks.summary import Rounds, Row, Target, rows_of, targets_of
from benchmarks.tasks import TASKS, Task
from lfr_batch.errors import LfrError
from lfr_batch.models.devices import available_cores

SCHEMA = 1
CHILD_TIMEOUT_S = 600.0
ERROR_LINES = 15
WIDTH = 150
"""Of the tables where no terminal gives one."""
BUSY = 0.5
"""Load average per core from which figures are not worth much."""


def main() -> None:
    try:
        bench(parse_arguments(sys.argv[1:]))
    except (LfrError, BenchFailed, subprocess.TimeoutExpired) as error:
        raise SystemExit(f"error: {error}") from None


def bench(arguments: argparse.Namespace) -> None:
    notes = Console(stderr=True)
    machine = describe_machine()
    if os.getloadavg()[0] > BUSY * available_cores():
        notes.print(f"this machine is busy (load {machine['load_average']}): figures will be poor")
    with tempfile.TemporaryDirectory(prefix="lfr-benchmark-") as folder:
        case = prepare_case(
            Path(folder), arguments.home.absolute(), arguments.data, arguments.opencv_models
        )
        skipped = reasons_to_skip(case)
        tasks = chosen(arguments.only, skipped)
        cache = arguments.home / "cache" / "archives"
        clips = render_clips(arguments.clips, cache, names_of_clips(tasks), notes.print)
        rounds = run_rounds(tasks, case, clips, arguments, notes)
    rows = rows_of(rounds, {name: clip.known_s for name, clip in CLIPS.items()})
    targets = targets_of(rounds, rows)
    show(rows, rounds, targets, skipped, Console(width=None if sys.stdout.isatty() else WIDTH))
    report = report_of(machine, arguments, rows, targets, rounds, skipped)
    arguments.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    notes.print(f"written to {arguments.out}")


def parse_arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Speed, side by side.")
    parser.add_argument("--home", type=Path, default=Path(".cache/home"), help="models, archives")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="SCRFD's folder")
    parser.add_argument("--clips", type=Path, default=DEFAULT_FOLDER, help="where clips are kept")
    parser.add_argument("--opencv-models", type=Path, help="a folder with *yunet*.onnx")
    parser.add_argument("--repeats", type=int, default=3, help="rounds")
    parser.add_argument("--cores", type=int, default=2, help="for each contender")
    parser.add_argument("--only", nargs="+", choices=sorted(CONTENDERS), help="contenders")
    parser.add_argument("--out", type=Path, default=Path("benchmarks.json"))
    return parser.parse_args(words)


def reasons_to_skip(case: Case) -> dict[str, str]:
    reasons = {name: contender.missing(case) for name, contender in CONTENDERS.items()}
    return {name: reason for name, reason in reasons.items() if reason}


def chosen(only: Sequence[str] | None, skipped: Mapping[str, str]) -> list[Task]:
    wanted = set(only or CONTENDERS) - set(skipped)
    return [task for task in TASKS if task.contender in wanted]


def names_of_clips(tasks: Sequence[Task]) -> list[str]:
    return list(dict.fromkeys(task.clip for task in tasks))


def run_rounds(
    tasks: Sequence[Task],
    case: Case,
    clips: Mapping[str, Path],
    arguments: argparse.Namespace,
    notes: Console,
) -> Rounds:
    rounds: dict[Task, list[Measure]] = {task: [] for task in tasks}
    for number in range(arguments.repeats):
        for task in in_round(tasks, number):
            measure = run_task(task, case, clips[task.clip], arguments.cores)
            rounds[task].append(measure)
            notes.print(f"round {number + 1}: {task.key}: {measure.wall_s:.1f} s", highlight=False)
    return rounds


def in_round(tasks: Sequence[Task], number: int) -> list[Task]:
    return [task for task in tasks if task.rounds is None or number < task.rounds]


def run_task(task: Task, case: Case, clip: Path, cores: int) -> Measure:
    """Raises BenchFailed with the last words of a contender that did not answer."""
    with tempfile.TemporaryDirectory(prefix="lfr-job-") as folder:
        paths = Path(folder) / "job.json", Path(folder) / "measure.json"
        started_s = time.monotonic()
        job = Job(
            task.contender, clip.absolute(), task.until_s, task.passes, cores, case, started_s
        )
        paths[0].write_text(to_json(job))
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.child", *map(str, paths)],
            capture_output=True,
            text=True,
            timeout=CHILD_TIMEOUT_S,
            check=False,
        )
        if done.returncode or not paths[1].is_file():
            last_words = "\n".join(done.stderr.splitlines()[-ERROR_LINES:])
            raise BenchFailed(f"{task.key} ended with exit code {done.returncode}:\n{last_words}")
        return measure_from_json(paths[1].read_text())


def report_of(
    machine: Mapping[str, object],
    arguments: argparse.Namespace,
    rows: Sequence[Row],
    targets: Sequence[Target],
    rounds: Rounds,
    skipped: Mapping[str, str],
) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "machine": dict(machine),
        "cores": arguments.cores,
        "repeats": arguments.repeats,
        "rows": [asdict(row) for row in rows],
        "shares": [*map(as_json, shares(rounds, rows))],
        "targets": [{**asdict(target), "reached": target.reached} for target in targets],
        "skipped": dict(skipped),
        "measures": {task.key: [asdict(m) for m in measures] for task, measures in rounds.items()},
    }


if __name__ == "__main__":
    main()
