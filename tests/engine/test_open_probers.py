"""Many files are probed by the cluster that is named, few by this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine import table
from lfr_batch.engine.in_process import run_in_child
from lfr_batch.engine.table import MANY_FILES, open_probers
from lfr_batch.results.store import open_store
from lfr_batch.scanning import probing
from lfr_batch.scanning.probing import Numbered, ProbedFile, ProbeSpec
from lfr_batch.work.attempts import unheard
from tests.scanning.planned_run import begun, drive, one_by_one, rows, write_stills

NAMED = EngineConfig(address="127.0.0.1:1")
"""The cluster of these tests, which is joined already."""


@pytest.mark.parametrize(
    ("engine", "files"),
    [
        (NAMED, MANY_FILES - 1),
        (EngineConfig(), MANY_FILES),
        (EngineConfig(kind="in_process", address="127.0.0.1:1"), MANY_FILES),
    ],
    ids=["few", "no cluster", "without Ray"],
)
def test_they_are_probed_here(
    monkeypatch: pytest.MonkeyPatch, engine: EngineConfig, files: int
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with open_probers(engine, files, unheard) as probers:
        assert probers.run is run_in_child


def note_process(spec: ProbeSpec) -> Callable[[Numbered], ProbedFile]:
    """A prober that says which process it is."""
    work = open_prober(spec)

    def probed(numbered: Numbered) -> ProbedFile:
        held = work(numbered)
        folder = Path(numbered.uri).parent.parent / "by"
        (folder / f"{os.getpid()}-{os.getppid()}").touch()
        return held

    return probed


open_prober = probing.open_prober


def test_a_cluster_finds_what_this_machine_finds_in_guarded_children_of_its_nodes(
    tmp_path: Path, ray_cluster: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = write_stills(tmp_path / "stills", 12)
    here = begun(open_store(tmp_path / "here"), entries)
    drive(here, one_by_one)
    (tmp_path / "by").mkdir()
    monkeypatch.setattr(table, "MANY_FILES", 12)
    monkeypatch.setattr(probing, "open_prober", note_process)
    there = begun(
        open_store(tmp_path / "there"),
        entries,
        config=Config(engine=NAMED).model_dump(mode="json"),
    )
    drive(there, open_probers)
    assert rows(there) == rows(here)
    by = [path.name.split("-") for path in (tmp_path / "by").iterdir()]
    assert by
    assert all(str(os.getpid()) not in each for each in by)
