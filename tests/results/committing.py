"""A process that commits: ``python -m tests.results.committing ROOT NAME COUNT``.

Each change adds one run, called after the process; a line is printed when it is in.
"""

from __future__ import annotations

import sys

from lfr_batch.results.manifest import LakeManifest, LakePart, ShownRun, with_run
from lfr_batch.results.manifest_log import commit
from lfr_batch.results.store import open_store


def added(manifest: LakeManifest, run_id: str) -> LakeManifest:
    row = LakePart("runs", f"runs/run_id={run_id}/000-finished.parquet", 1, 3)
    return with_run(manifest, ShownRun(run_id, "2026-01", True, row))


def main(root: str, name: str, count: str) -> None:
    store = open_store(root)
    for number in range(int(count)):
        run_id = f"{name}-{number:04d}"
        commit(store, lambda manifest, run_id=run_id: added(manifest, run_id))  # type: ignore[misc]
        print(run_id, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
