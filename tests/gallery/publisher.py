"""Publishes a gallery in processes of its own, so that they can be killed and can race.

Run as ``python publisher.py kill HOME`` or ``python publisher.py race HOME SEED``.
"""

from __future__ import annotations

import importlib
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from lfr_batch.errors import StoreFull
from lfr_batch.gallery.records import EnrolledFace, SnapshotContent, SnapshotInfo, image_id_of
from lfr_batch.gallery.store import publish_snapshot

STEPS = ("fsync", "rename", "replace", "mkdir", "unlink", "rmdir")


def publish(home: Path, seed: int, images: int = 20, size: int = 128) -> SnapshotInfo:
    rng = np.random.default_rng(seed)
    templates = rng.normal(size=(images, size)).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    faces = [
        EnrolledFace(
            image_id=image_id_of(f"S{seed}", str(row)),
            subject_id=f"S{seed}",
            uri=f"/{seed}/{row}.jpg",
            sha256=f"{row:064x}",
            template=template,
            quality=1.0,
            box_xyxy=(0.0, 0.0, 1.0, 1.0),
            thumbnail_jpeg=b"",
        )
        for row, template in enumerate(templates)
    ]
    created = datetime(2026, 1, 1, tzinfo=UTC)
    content = SnapshotContent("open", "f" * 64, faces, (), {}, "OP-1", "A", created)
    return publish_snapshot(home, "custody", content)


def die_at(step: int) -> None:
    """SIGKILL this process as it enters its ``step``-th change of the file system."""
    left = step

    def counting(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)

        return counted

    for name in STEPS:
        setattr(os, name, counting(getattr(os, name)))


def counted_steps() -> Callable[[], int]:
    """How many changes of the file system this process has made from now on."""
    taken = 0

    def counting(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal taken
            taken += 1
            return call(*args, **kwargs)

        return counted

    for name in STEPS:
        setattr(os, name, counting(getattr(os, name)))
    return lambda: taken


def steps_of(what: Callable[[], object]) -> int:
    """That a process of its own takes for it."""
    read, write = os.pipe()
    if os.fork() == 0:
        taken = counted_steps()
        what()
        os.write(write, str(taken()).encode())
        os._exit(0)
    os.wait()
    return int(os.read(read, 20))


def kill_at_every_step(home: Path) -> None:
    """Publish over copies of ``home`` and die one step later in each, until one survives.

    Prints the copy, the exit status and the snapshot that is current in it.
    """
    # pyarrow imports pandas at its first conversion: once here, not in every child.
    importlib.import_module("pandas")
    for step in range(1, 100):
        copy = home.with_name(f"{home.name}-{step:02d}")
        shutil.copytree(home, copy)
        child = os.fork()
        if child == 0:
            die_at(step)
            publish(copy, seed=2)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        current = (copy / "galleries" / "custody" / "CURRENT").read_text().strip()
        print(copy, status, current, flush=True)
        if status == 0:
            return


def fill_disk(home: Path) -> None:
    """A file size limit below the index's size stands for a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
    try:
        publish(home, seed=7, images=100)
    except StoreFull as error:
        print(error)


if __name__ == "__main__":
    command, home, *rest = sys.argv[1:]
    if command == "kill":
        kill_at_every_step(Path(home))
    elif command == "full":
        fill_disk(Path(home))
    else:
        for seed in rest:
            print(publish(Path(home), int(seed)).snapshot_id)
