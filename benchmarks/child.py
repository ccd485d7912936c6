"""One contender in a process of its own: ``python -m benchmarks.child JOB.json MEASURE.json``."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.contenders.table import CONTENDERS
from benchmarks.measures import job_from_json, to_json
from benchmarks.memory import peak_mib


def main() -> None:
    job_path, measure_path = map(Path, sys.argv[1:3])
    job = job_from_json(job_path.read_text())
    _keep_to(job.cores)
    measure = CONTENDERS[job.contender].run(job)
    measure_path.write_text(to_json(replace(measure, peak_mib=peak_mib())))


def _keep_to(cores: int) -> None:
    """Everybody gets the same cores, where the system lets a process choose."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


if __name__ == "__main__":
    main()
