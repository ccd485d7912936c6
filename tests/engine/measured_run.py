"""A Ray that exports metrics, and a run that is measured there: by itself, since the tests' own Ray
measures nothing. Prints what Prometheus would read."""

from __future__ import annotations

import sys
import time
from typing import Any, cast
from urllib.request import urlopen

import ray

from lfr_batch.engine.metrics import MeasuredProgress
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.progress import UNHEARD
from tests.patience import PATIENCE_S
from tests.results.synthetic import RUN_ID, archive


def main(results: str, folder: str) -> None:
    ray.init(
        address="local",
        num_cpus=1,
        include_dashboard=False,
        object_store_memory=80 * 2**20,
        log_to_driver=False,
        _temp_dir=folder,
        _system_config={"metrics_report_interval_ms": 1000},
    )
    made = archive()
    progress = MeasuredProgress(UNHEARD, StoredRun(open_store(results), RUN_ID))
    progress.start(made.segments, len(made.segments))
    for segment in made.segments[:-1]:
        progress.take(made.outcomes[segment.segment_id])
    progress.tell("a bucket does not answer")
    print(exported("ray_lfr_notices"))


def exported(awaited: str) -> str:
    """What the node's exporter says, once it knows of ``awaited``."""
    node = cast("dict[str, Any]", ray.nodes()[0])  # type: ignore[no-untyped-call]
    ends_s, text = time.monotonic() + PATIENCE_S, ""
    while awaited not in text and time.monotonic() < ends_s:
        time.sleep(0.2)
        with urlopen(
            f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
        ) as got:
            text = got.read().decode()
    return text


if __name__ == "__main__":
    main(*sys.argv[1:])
