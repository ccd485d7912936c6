from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from lfr_batch.records import Segment
from lfr_batch.scanning.receipts import run_segments
from lfr_batch.work.attempts import ATTEMPTS
from tests.results.synthetic import archive


def test_segments_that_never_come_back_are_quarantined_and_say_so() -> None:
    made = archive()
    lost = made.segments[0]
    spec: Any = SimpleNamespace(together=1)

    def run(
        _: object, __: object, groups: Iterable[tuple[Segment, ...]], *___: int
    ) -> Iterator[Any]:
        for group in groups:
            kept = [each for each in group if each.segment_id != lost.segment_id]
            yield tuple(made.outcomes[each.segment_id] for each in kept)

    runner: Any = run
    receipts = {each.segment_id: each for each in run_segments(runner, spec, made.segments)}
    assert receipts.keys() == {each.segment_id for each in made.segments}
    receipt = receipts[lost.segment_id]
    assert (receipt.status, receipt.attempt) == ("quarantined", lost.attempt + ATTEMPTS - 1)
    assert "`lfr resume` tries it again" in (receipt.error or "")
