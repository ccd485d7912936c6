"""From a plan to results, as far as no worker is needed: only the search itself is invented."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lfr_batch import __version__
from lfr_batch.errors import LfrError, RunCancelled, StoreFull
from lfr_batch.records import Segment
from lfr_batch.results.cancel import ask_to_end
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.run_state import create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning import execute
from lfr_batch.scanning.execute import Means, execute_run
from lfr_batch.scanning.progress import Unheard
from tests.results.synthetic import RUN_ID, archive, request


def test_a_pass_that_breaks_off_is_over_before_its_engine(tmp_path: Path) -> None:
    """Ray, asked for anything after it was shut down, starts another cluster."""
    happened: list[str] = []
    made = archive()

    def run(
        _: object, __: object, groups: Iterable[tuple[Segment, ...]], *___: int
    ) -> Iterator[Any]:
        try:
            for group in groups:
                yield tuple(made.outcomes[segment.segment_id] for segment in group)
        finally:
            happened.append("pass over")

    @contextmanager
    def opened(*_: object) -> Iterator[Any]:
        try:
            yield run
        finally:
            happened.append("engine closed")

    class Full(Unheard):
        def take(self, _: object) -> None:
            raise StoreFull("no room")

    store = open_store(str(tmp_path))
    create_run(store, request(software_version=__version__), made.assets, made.segments)
    with pytest.raises(StoreFull) as caught:
        execute_run(StoredRun(store, RUN_ID), Means(opened), Full())
    assert happened == ["pass over", "engine closed"]
    assert caught.traceback  # it holds the frames, and with them whatever was left half done


def test_a_cancelled_run_keeps_what_it_has_and_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "now_and_then", lambda look: look)
    made, searched = archive(), list[str]()
    run = StoredRun(open_store(str(tmp_path)), RUN_ID)

    @contextmanager
    def opened(*_: object) -> Iterator[Any]:
        def each(_: object, __: object, groups: Iterable[Any], *___: int) -> Iterator[Any]:
            for group in groups:
                searched.extend(segment.segment_id for segment in group)
                yield tuple(made.outcomes[segment.segment_id] for segment in group)
                if len(searched) == 1:
                    ask_to_end(run, "ae", datetime.now(UTC))

        yield each

    create_run(run.store, request(software_version=__version__), made.assets, made.segments)
    with pytest.raises(RunCancelled, match=f"by ae, with .* left.*`lfr resume {RUN_ID}`"):
        execute_run(run, Means(opened))
    assert len(searched) == 1
    row = latest_row(run)
    assert row is not None
    assert (row["status"], row["exit_code"]) == ("cancelled", 130)
    with suppress(LfrError):  # there are no shards, since nobody searched
        execute_run(run, Means(opened))
    assert set(searched) == {segment.segment_id for segment in made.segments}
