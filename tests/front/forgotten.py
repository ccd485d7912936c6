"""A home with two runs of a gallery, a known report and a standing job, to forget things in; and
what is left of something. Run as ``python -m tests.front.forgotten WHAT VALUE HOME``, it forgets in
processes that are killed, one step of the file system later each time."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lfr_batch as lfr
from lfr_batch.front.forget import ForgetOrder, What, carry_out, foresee_forgetting
from lfr_batch.results.store import open_store
from lfr_batch.results.ticks import StandingJob, TickRow, record_tick
from lfr_batch.storage.store import Store
from tests.gallery import publisher
from tests.gallery.conftest import people_of, publish_in
from tests.results.synthetic import RUN_ID, archive
from tests.results.test_lake import published
from tests.traces import content

STATED = lfr.Authority("OP-1", "Insp. A", "by order", "a.example")
OTHER = "20260203-080000-scan-0003"
SUBJECT, ANOTHER = "S029", "S014"
URI = archive().assets[0].uri
PEOPLE = {SUBJECT: 2, "S900": 1}
SAMPLES = 9
"""Of the steps at which it is killed."""


def fill(home: Path) -> lfr.Settings:
    fill_results(open_store(home / "results"))
    publish_in(home, people_of(PEOPLE))
    return settings_of(home)


def fill_results(store: Store) -> None:
    for run_id in (RUN_ID, OTHER):
        published(store, run_id)
    for dataset in ("alerts", "reviews"):
        store.delete(dataset)
    now = datetime(2026, 2, 4, tzinfo=UTC)
    job = StandingJob(
        job="standing-1", watches=False, inputs=(URI, "/elsewhere"), manifest=None,
        gallery="custody", case_ref="OP-1", authority="A", purpose="P", operator="o",
        began_at=now, waiting=(f"{URI}: it grows",),
    )  # fmt: skip
    record_tick(store, job, TickRow(at=now, files=1, error=f"{URI} cannot be read"))


def settings_of(home: Path) -> lfr.Settings:
    return lfr.Settings(home=home, results=home / "results")


def order_of(home: Path, what: What, value: str, **more: Any) -> ForgetOrder:
    return ForgetOrder(what, value, STATED, settings=settings_of(home), **more)


def traces(home: Path, mark: str) -> list[str]:
    """Files below a home that say it, the audit log apart; of Parquet parts what is in them."""
    paths = (path for path in home.rglob("*") if path.is_file() and "audit" not in path.parts)
    said = ((str(path.relative_to(home)), path.read_bytes()) for path in paths)
    return sorted(path for path, data in said if mark.encode() in content(path, data))


def killed(what: What, value: str, home: Path) -> None:
    """Prints each copy of the home and how its process ended; the last one lived."""
    steps = _steps(what, value, home)
    for step in sorted({1 + steps * n // SAMPLES for n in range(SAMPLES)} | {10 * steps}):
        copy = home.with_name(f"{home.name}-{step:04d}")
        shutil.copytree(home, copy)
        print(copy, _forked(what, value, copy, step), flush=True)


def _steps(what: What, value: str, home: Path) -> int:
    """How many there are, where nobody is killed; one or two more or fewer another time."""
    copy = home.with_name(f"{home.name}-counted")
    shutil.copytree(home, copy)
    read, write = os.pipe()
    if os.fork() == 0:
        taken = publisher.counted_steps()
        _forget(what, value, copy)
        os.write(write, str(taken()).encode())
        os._exit(0)
    os.wait()
    return int(os.read(read, 20))


def _forked(what: What, value: str, home: Path, step: int) -> int:
    child = os.fork()
    if child == 0:
        publisher.die_at(step)
        _forget(what, value, home)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _forget(what: What, value: str, home: Path) -> None:
    order = order_of(home, what, value)
    carry_out(order, foresee_forgetting(order))


if __name__ == "__main__":
    for module in ("pandas", "duckdb"):  # once here, not in every child
        importlib.import_module(module)
    kind: Any = sys.argv[1]
    killed(kind, sys.argv[2], Path(sys.argv[3]))
