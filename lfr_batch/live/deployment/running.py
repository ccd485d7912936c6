"""Which deployments run: each holds a lock for its name and one for its folder.

The kernel frees both with the process that holds them, however it died.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfr_batch.errors import RunBusy
from lfr_batch.live.deployment.folders import deployment_folder, deployments_folder
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.locks import open_lock, try_lock

LOCK = "LOCK"


@contextmanager
def claimed(home: Path, name: str, deployment_id: str) -> Iterator[None]:
    """Be the only deployment of that name. Raises RunBusy, which says what its id is."""
    with _held(name_lock(home, name)) as holder:
        if holder is not None:
            known = f" ({holder})" if holder else ""
            raise RunBusy(
                f"A deployment named {name!r} is running already{known}: end that one first, or "
                "give this one another deployment.name."
            )
        name_lock(home, name).write_text(f"{deployment_id}\n", encoding="utf-8")
        with held_if_free(home, deployment_id) as free:
            if not free:
                raise RunBusy(f"Deployment {deployment_id} is being worked on: try again.")
            yield


@contextmanager
def held_if_free(home: Path, deployment_id: str) -> Iterator[bool]:
    """Hold a deployment's folder; False while its own process, or one that tidies up, has it."""
    with _held(deployment_folder(home, deployment_id) / LOCK) as holder:
        yield holder is None


def name_lock(home: Path, name: str) -> Path:
    return deployments_folder(home) / ".names" / f"{name}.lock"


@contextmanager
def _held(path: Path) -> Iterator[str | None]:
    """None while the file is held; else what its holder wrote into it."""
    with disk_errors(path):
        file = open_lock(path)
    with file:
        yield None if try_lock(file) else path.read_text(encoding="utf-8").strip()
