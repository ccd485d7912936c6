"""Fixtures that several packages' tests share."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from lfr_batch.models.open_pack import fetch_open_pack
from tests.one_case import Casework, make_casework

REPOSITORY = Path(__file__).resolve().parents[1]

TOGETHER = {"contracts": "ray", "e2e": "ray", "engine": "ray", "recall": "recall"}
"""Folders whose tests share what is dear: the machine, while Ray is on it, or the scans of the
planted clips."""

FAILURE_CHARACTERS = 3000
"""The end of what is said of a failure at once; the summary has all."""

# A busy machine is no failure: what is tested is results, never how long they take.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Where tests run in several processes, those of a file, or of such a folder, stay in one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return TOGETHER.get(Path(file).parts[1], file)


class FailuresAtOnce:
    """Says what failed when it fails: a run that somebody ends early has no summary."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and reporter:
            reporter.ensure_newline()
            reporter.write_line(f"{report.nodeid} ({report.when}):")
            reporter.write_line(report.longreprtext[-FAILURE_CHARACTERS:])


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FailuresAtOnce(config))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


@pytest.fixture(autouse=True)
def usual_process() -> Iterator[None]:
    """Commands and workers make their files private, and parts of a deployment overwrite memory,
    which takes its time; that must not spread to other tests."""
    before = os.umask(0o022)
    yield
    os.umask(before)
    overwrite_nothing()


def overwrite_nothing() -> None:
    """glibc's mallopt(3) as it is at first: without M_PERTURB."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-6, 0)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real faces that are not part of the repository."""
    directory = REPOSITORY.parent / "shared" / "data"
    if not directory.is_dir():
        pytest.skip("the evaluation data ../shared/data is not there")
    return directory


@pytest.fixture(scope="session")
def open_pack_home() -> Path:
    """A home with the open model pack in it, fetched once and kept. Read only: copy to change."""
    home = REPOSITORY / ".cache" / "home"
    fetch_open_pack(home)
    return home


@pytest.fixture(scope="session")
def casework(tmp_path_factory: pytest.TempPathFactory, open_pack_home: Path) -> Casework:
    """A home with a gallery of two people, and footage in which one of them is seen."""
    return make_casework(tmp_path_factory.mktemp("casework"), open_pack_home)
