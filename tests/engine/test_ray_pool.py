"""Workers on a Ray of this machine: those that die, and what becomes of what they had."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster import connected
from lfr_batch.engine.table import open_engine
from lfr_batch.errors import EngineError
from lfr_batch.work import attempts
from lfr_batch.work.attempts import WorkKind, run_with_attempts
from lfr_batch.work.lost import NOT_NOW, Lost, NotNow
from tests.engine import work

ONE_CPU = EngineConfig(cpus_per_worker=1.0)
ONE_WORKER = EngineConfig(cpus_per_worker=1.0, workers=1)


@pytest.mark.parametrize(("count", "short"), [(6, False), (8, True)])
def test_an_item_that_kills_its_worker_is_given_up_after_two_attempts(
    tmp_path: Path,
    ray_cluster: None,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    short: bool,
) -> None:
    """Those that shared a task with it, being short, are tried again and answered."""
    monkeypatch.setattr(attempts, "GROUPS", 4)  # of two
    log = tmp_path / "log"
    deadly = WorkKind(
        work.open_deadly,
        item_key=lambda item: item,
        result_key=lambda result: abs(result) // 2,
        again=lambda item, _: item,
        give_up=lambda item, _: -2 * item,
        is_short=lambda _: short,
    )
    with open_engine(ONE_CPU) as run:
        results = list(run_with_attempts(run, deadly, log, list(range(count))))
    assert sorted(results) == sorted([-6, *(2 * item for item in range(count) if item != 3)])
    assert log.read_text().split().count("3") == (3 if short else 2)
    assert results[-1] == -6, "it is given up when everything else is done"


def test_who_was_beside_an_item_that_killed_their_worker_is_charged_no_attempt(
    tmp_path: Path, ray_cluster: None
) -> None:
    """All is tried again, each by itself, and only what dies alone is given up."""
    log = tmp_path / "log"
    poisoned = WorkKind(
        work.open_poisoned,
        item_key=lambda tried: tried[0],
        result_key=lambda result: result[0],
        again=lambda tried, attempt: (tried[0], attempt),
        give_up=lambda tried, _: (tried[0], 0, 0),
    )
    items = [(item, 0) for item in range(4)]
    with open_engine(ONE_WORKER) as run:
        results = list(run_with_attempts(run, poisoned, log, items, together=4))
    assert sorted(results) == [(0, 1, 1), (1, 1, 1), (2, 1, 1), (3, 0, 0)]
    tried = log.read_text().split()
    assert sorted(tried) == ["0:1"] * 2 + ["1:1"] * 2 + ["2:1"] * 2 + ["3:1"] * 2 + ["3:2"]


def test_what_a_killed_supervisor_had_is_lost_to_its_node_and_the_work_goes_on(
    tmp_path: Path, ray_cluster: None
) -> None:
    with open_engine(ONE_WORKER) as run:
        results = run(work.open_orphan, tmp_path / "log", range(3))
        first = next(results)
        assert isinstance(first, Lost)
        assert (first.item, first.why) == (0, "node")
        assert "supervisor" in first.said
        assert list(results) == [1, 2]


def test_items_are_taken_as_they_find_a_place(tmp_path: Path, ray_cluster: None) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(5):
            taken.append(item)
            yield item

    with open_engine(ONE_WORKER) as run:
        results = run(work.open_doubler, tmp_path / "log", items())
        first = next(results)
        assert taken == [0, 1]
        assert [first, *results] == [0, 2, 4, 6, 8]


def test_what_is_not_to_be_begun_yet_keeps_nobody(tmp_path: Path, ray_cluster: None) -> None:
    done: list[int] = []

    def items() -> Iterator[int | NotNow]:
        yield 1
        while not done:
            yield NOT_NOW
        yield 2

    with open_engine(ONE_CPU) as run:
        for result in run(work.open_doubler, tmp_path / "log", items()):
            assert isinstance(result, int)
            done.append(result)
    assert done == [2, 4]


def test_a_worker_that_fits_nowhere_is_refused_at_once(tmp_path: Path, ray_cluster: None) -> None:
    config = EngineConfig(gpus_per_worker=1.0)
    with open_engine(config) as run, pytest.raises(EngineError, match="No worker fits"):
        list(run(work.open_doubler, tmp_path / "log", [1]))
    labelled = EngineConfig(cpus_per_worker=1.0, labels={"pool": "faces"})
    with open_engine(labelled) as run, pytest.raises(EngineError, match="'pool': 'faces'"):
        list(run(work.open_doubler, tmp_path / "log", [1]))


def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    config = EngineConfig(address="127.0.0.1:1")
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:1"), connected(config):
        pass


def test_sigterm_lets_what_is_in_hand_be_finished(tmp_path: Path, ray_cluster: None) -> None:
    """It is followed then, and not before."""
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    done: list[object] = []
    try:
        with open_engine(ONE_WORKER) as run:
            for result in run(work.open_sleeper, None, range(1000)):
                done.append(result)
                if result == 0:
                    os.kill(os.getpid(), signal.SIGTERM)
                    assert not came
    finally:
        signal.signal(signal.SIGTERM, before)
    assert came == [signal.SIGTERM]
    assert done == [0, 1]
