"""``import lfr_batch``: what it shows, and that it loads next to nothing."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import lfr_batch as lfr

REPOSITORY = Path(__file__).resolve().parents[2]
SLOW = """
av boto3 cv2 duckdb faiss fastapi insightface numpy onnx onnxruntime openvino pandas pyarrow
pydantic ray scipy typer
"""
LOADED = """
import sys
import lfr_batch as lfr
{more}
print(*sorted(set({slow!r}.split()) & set(sys.modules)))
"""


def loaded(more: str = "") -> set[str]:
    """Which of the slow modules another Python has loaded then."""
    call = [sys.executable, "-c", LOADED.format(more=more, slow=SLOW)]
    done = subprocess.run(call, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_import_alone_loads_nothing_that_takes_long() -> None:
    assert loaded("lfr.__version__, dir(lfr), lfr.LfrError") == set()


def test_asking_results_loads_no_decoder_and_no_engine() -> None:
    now = loaded("lfr.open_results, lfr.Settings(), lfr.Authority")
    assert "duckdb" in now
    assert not now & {"ray", "av", "cv2", "onnxruntime", "openvino", "faiss"}


def test_reports_and_exports_wait_for_no_decoder_and_no_pandas() -> None:
    now = loaded("lfr.report, lfr.export")
    assert "duckdb" in now
    assert not now & {"ray", "av", "cv2", "onnxruntime", "openvino", "faiss", "pandas"}


def test_a_scan_has_not_loaded_ray_before_it_is_started() -> None:
    now = loaded("lfr.scan, lfr.enrol, lfr.search, lfr.resume")
    assert "av" in now
    assert "ray" not in now


@pytest.mark.parametrize("name", lfr.__all__)
def test_what_is_promised_is_there_and_documented(name: str) -> None:
    assert name in dir(lfr)
    assert name == "__version__" or getattr(lfr, name).__doc__


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'lfr_batch' has no attribute 'scann'"):
        lfr.scann  # noqa: B018


def test_the_version_is_that_of_the_distribution() -> None:
    content = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    assert content["project"]["version"] == lfr.__version__
