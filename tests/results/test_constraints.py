from __future__ import annotations

from typing import Any, get_args

import pytest

from lfr_batch.live import records as live
from lfr_batch.records import AssetStatus, FieldOrder, FootageKind, SegmentStatus
from lfr_batch.results.constraints import ENUMS
from lfr_batch.results.run_log import RunStatus
from lfr_batch.results.run_state import RunKind, ThresholdSource
from lfr_batch.results.schemas import DATASETS
from lfr_batch.results.searched import PENDING


@pytest.mark.parametrize(
    ("column", "written", "more"),
    [
        (("runs", "kind"), RunKind, ()),
        (("runs", "status"), RunStatus, ()),
        (("runs", "threshold_source"), ThresholdSource, ()),
        (("footage", "kind"), FootageKind, ()),
        (("footage", "fields"), FieldOrder, ()),
        (("footage", "status"), AssetStatus, ()),
        (("segments", "status"), SegmentStatus, (PENDING,)),
        (("reviews", "role"), live.Role, ()),
        (("reviews", "verdict"), live.Verdict, ()),
        (("reviews", "outcome"), live.Outcome, ()),
    ],
)
def test_a_column_of_few_values_has_those_that_are_written(
    column: tuple[str, str], written: Any, more: tuple[str, ...]
) -> None:
    assert ENUMS[column] == (*get_args(written), *more)


def test_every_column_of_few_values_is_one() -> None:
    assert all(column in DATASETS[dataset].names for dataset, column in ENUMS)
