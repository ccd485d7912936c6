"""What every engine owes those who give it work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.table import ENGINES, open_engine
from lfr_batch.errors import EngineError, GalleryNotFound, LfrError, StoreFull
from lfr_batch.work import circuit
from lfr_batch.work.attempts import WorkKind, run_with_attempts
from lfr_batch.work.lost import none_lost
from tests.engine import work


@pytest.fixture(params=sorted(ENGINES))
def config(request: pytest.FixtureRequest) -> EngineConfig:
    if request.param == "ray":
        request.getfixturevalue("ray_cluster")
    return EngineConfig(kind=request.param, cpus_per_worker=1.0)


def test_every_item_gives_one_result_and_none_none(config: EngineConfig, tmp_path: Path) -> None:
    with open_engine(config) as run:
        assert list(run(work.open_doubler, tmp_path / "log", [])) == []
        replies = run(work.open_doubler, tmp_path / "log", range(7))
        results = sorted(none_lost(replies))
    assert results == [0, 2, 4, 6, 8, 10, 12]
    assert sorted((tmp_path / "log").read_text().split()) == list("0123456")


def test_a_worker_has_as_many_items_at_once_as_it_is_told(
    config: EngineConfig, tmp_path: Path
) -> None:
    alone = config.model_copy(update={"workers": 1})
    with open_engine(alone) as run:
        replies = run(work.open_trio, tmp_path / "log", range(9), 3)
        results = sorted(none_lost(replies))
    assert results == [0, 2, 4, 6, 8, 10, 12, 14, 16]


@pytest.mark.parametrize(
    ("open_worker", "error", "words", "together"),
    [
        (work.open_full, StoreFull, "the disk holding", 1),
        (work.open_nothing, GalleryNotFound, "there is no gallery", 3),
    ],
)
def test_what_stops_every_worker_reaches_the_caller_as_it_was_raised(
    config: EngineConfig,
    tmp_path: Path,
    open_worker: Callable[[Path], Callable[[int], int]],
    error: type[LfrError],
    words: str,
    together: int,
) -> None:
    with open_engine(config) as run, pytest.raises(error, match=words):
        list(run(open_worker, tmp_path / "log", range(3), together))


def test_an_unexpected_error_is_not_swallowed(tmp_path: Path, ray_cluster: None) -> None:
    with (
        open_engine(EngineConfig(cpus_per_worker=1.0)) as run,
        pytest.raises(EngineError, match="ZeroDivisionError"),
    ):
        list(run(work.open_faulty, tmp_path / "log", range(3)))


def test_an_outage_is_waited_for_and_nothing_is_lost(
    config: EngineConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one item that asks the store is answered while all others wait for it, by a worker that
    has one at once as by one that has two."""
    monkeypatch.setattr(circuit, "FIRST_PAUSE_S", 0.2)
    kind: WorkKind[Path, int, int] = WorkKind(
        work.open_away,
        item_key=lambda item: item,
        result_key=lambda result: result // 2,
        again=lambda item, _: item,
        give_up=lambda item, lost: -item,
    )
    with open_engine(config.model_copy(update={"workers": 1})) as run:
        for together in (1, 2):
            told: list[str] = []
            folder = tmp_path / str(together)
            folder.mkdir()
            found = run_with_attempts(run, kind, folder, list(range(5)), together, told.append)
            assert sorted(found) == [0, 2, 4, 6, 8]
            assert told[0].startswith("Paused: the bucket does not answer")
            assert told[-1] == "The store answers again: the work goes on."
