from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lfr_batch.engine.metrics import NAMES
from tests.results.synthetic import RUN_ID, archive

LINE = r"^ray_(lfr_\w+)\{(.*)\} (\S+)$"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """Value by name, and by the count's own tag ('' where it has none)."""
    results = tmp_path_factory.mktemp("results")
    # The tests' own Ray, if this process has one, measures nothing and has a token.
    without_ray = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    with tempfile.TemporaryDirectory(prefix="m", dir="/tmp") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.engine.measured_run", str(results), folder],
            env={**without_ray, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
    found: dict[str, dict[str, float]] = {}
    for name, tags, value in re.findall(
        r"^ray_(lfr_\w+)\{(.*)\} (\S+)$", done.stdout, re.MULTILINE
    ):
        assert f'run_id="{RUN_ID}"' in tags
        own = re.search(r'(?:status|reason)="([^"]*)"', tags)
        found.setdefault(name.removesuffix("_total"), {})[own[1] if own else ""] = float(value)
    return found


def test_counts_are_those_of_the_receipts(exported: dict[str, dict[str, float]]) -> None:
    made = archive()
    receipts = [made.outcomes[segment.segment_id] for segment in made.segments[:-1]]
    assert sum(exported["lfr_segments"].values()) == len(receipts)
    assert set(exported["lfr_segments"]) == {receipt.status for receipt in receipts}
    for name in ("faces_detected", "media_s"):
        shown = {"faces_detected": "lfr_faces", "media_s": "lfr_media_seconds"}[name]
        assert exported[shown][""] == pytest.approx(sum(getattr(r, name) for r in receipts))
    refused = {reason for receipt in receipts for reason in receipt.rejections}
    assert set(exported.get("lfr_faces_refused", {})) == refused
    assert exported["lfr_segments_waiting"] == {"": 1.0}
    assert exported["lfr_notices"] == {"": 1.0}
    assert exported["lfr_holder"] == {"": 0.0}


def test_nothing_is_exported_that_is_not_in_the_table(
    exported: dict[str, dict[str, float]],
) -> None:
    assert set(exported) <= set(NAMES)
