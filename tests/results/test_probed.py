from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from lfr_batch.records import FootageAsset
from lfr_batch.results import probed
from lfr_batch.results.lock import lock_run
from lfr_batch.results.parts import iterate_part
from lfr_batch.results.probed import ProbedFiles, look_at_probed
from lfr_batch.results.run_state import RunListing
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store

from .synthetic import RUN_ID, archive


@dataclass(frozen=True, slots=True)
class Found:
    number: int
    assets: tuple[FootageAsset, ...]


@pytest.mark.parametrize(
    ("blocks", "most_open"),
    [
        ([[0, 1], [2, 3], [4, 5], [6, 7]], 1),
        ([[1, 0], [2, 3], [7, 4], [6, 5]], 2),
        ([[1, 2], [3, 4], [5, 6], [0, 7]], 2),
    ],
)
def test_of_what_was_probed_only_what_is_needed_is_in_memory(
    disk: Store, monkeypatch: pytest.MonkeyPatch, blocks: list[list[int]], most_open: int
) -> None:
    asset, run = archive().assets[0], StoredRun(disk, RUN_ID)
    open_now, most = 0, 0

    def counted(*given: Any, **more: Any) -> Iterator[dict[str, Any]]:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        try:
            yield from iterate_part(*given, **more)
        finally:
            open_now -= 1

    with lock_run(run) as hold:
        files = ProbedFiles(hold, listing := RunListing(by=hold.epoch, files=8))
        for block in blocks:
            files.append([Found(n, (replace(asset, uri=f"{n}"),)) for n in block])
    looked = look_at_probed(run, listing)
    monkeypatch.setattr(probed, "iterate_part", counted)
    assert [held[0].uri for held in looked.in_order()] == [f"{n}" for n in range(8)]
    assert (most, open_now) == (most_open, 0)
