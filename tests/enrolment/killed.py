"""Changes a gallery in processes that are killed, one step of the file system later each time.

Run as ``python -m tests.enrolment.killed WHAT HOME``; prints each copy of the home and how its
process ended.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from lfr_batch.config.schema import S3Config
from lfr_batch.enrolment.forgetting import carry_out, new_intention, snapshots_of
from lfr_batch.oversight.authority import Authority
from tests.gallery.conftest import people_of
from tests.gallery.grown import grow
from tests.gallery.publisher import die_at

S3 = S3Config()
STATED = Authority("OP-1", "Insp. A", "by order", "a.example")
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def add(home: Path) -> None:
    grow(home, people_of({"S8": 2}))


def remove(home: Path) -> None:
    carry_out(home, new_intention("remove", "custody", STATED, subjects=["S2"], now=NOW), S3)


def prune(home: Path) -> None:
    infos, current = snapshots_of(home, "custody", S3)
    gone = [info.snapshot_id for info in infos if info.snapshot_id != current]
    carry_out(home, new_intention("prune", "custody", STATED, snapshots=gone, now=NOW), S3)


def delete(home: Path) -> None:
    carry_out(home, new_intention("delete", "custody", STATED, now=NOW), S3)


WHAT: Mapping[str, Callable[[Path], None]] = {
    "add": add,
    "remove": remove,
    "prune": prune,
    "delete": delete,
}

if __name__ == "__main__":
    # pyarrow imports pandas at its first conversion: once here, not in every child.
    importlib.import_module("pandas")
    what, home = WHAT[sys.argv[1]], Path(sys.argv[2])
    for step in range(1, 400):
        copy = home.with_name(f"{home.name}-{step:03d}")
        shutil.copytree(home, copy)
        child = os.fork()
        if child == 0:
            die_at(step)
            what(copy)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(copy, status, flush=True)
        if status == 0:
            break
