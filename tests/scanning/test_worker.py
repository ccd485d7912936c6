"""What a worker makes of errors; what it makes of footage is in the other tests of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lfr_batch.config.schema import Config
from lfr_batch.errors import EngineError, FootageGone, StoreAway, StoreUnreachable
from lfr_batch.records import SegmentOutcome
from lfr_batch.scanning import worker
from tests.results.synthetic import archive


@contextmanager
def lent() -> Iterator[Any]:
    yield SimpleNamespace(stages=SimpleNamespace(scaler=None), opened_with=None)


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Without models: they are asked nothing where opening the footage fails."""
    monkeypatch.setattr(worker, "protect_files", lambda: None)
    monkeypatch.setattr(worker, "settle_decoder", lambda _: "cpu")
    monkeypatch.setattr(worker, "open_searches", lambda *_: lent)
    monkeypatch.setattr(worker, "on_gpu", lambda _: False)
    root = str(tmp_path)
    search = SimpleNamespace(settled=None, config=Config())
    return SimpleNamespace(
        search=search, config=Config(), results_root=root, run_id="R", threads=1, together=1
    )


def outcome_of(error: Exception, spec: Any, monkeypatch: pytest.MonkeyPatch) -> SegmentOutcome:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(worker, "open_segment", fails)
    return worker.open_worker(spec)(archive().segments[0])


def test_an_unexpected_error_is_the_segments_and_says_where_it_was(
    spec: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = outcome_of(KeyError("x"), spec, monkeypatch)
    assert outcome.status == "failed"
    said = r".+: unexpected KeyError: 'x' \(at lfr_batch\.scanning\.worker:\d+\)"
    assert re.fullmatch(said, outcome.error or "")
    assert re.search(r": KeyError: .*worker\.py:\d+ > .*test_worker\.py:\d+$", caplog.text.strip())


@pytest.mark.parametrize(
    ("error", "status"),
    [(FootageGone("it is gone"), "failed"), (StoreUnreachable("it is refused"), "quarantined")],
)
def test_an_expected_error_is_its_sentence_alone(
    error: Exception, status: str, spec: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = outcome_of(error, spec, monkeypatch)
    assert (outcome.status, outcome.error) == (status, str(error))


def test_a_store_that_is_away_is_no_receipt(spec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreAway, match="it does not answer"):
        outcome_of(StoreAway("it does not answer"), spec, monkeypatch)


def test_an_engine_that_fails_is_not_the_segments_fault(
    spec: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EngineError, match="the card is lost"):
        outcome_of(EngineError("the card is lost"), spec, monkeypatch)
