from __future__ import annotations

import pytest

from lfr_batch.config.schema import EngineConfig
from lfr_batch.pipeline.workers import sized


@pytest.mark.parametrize(
    ("settings", "items", "cores", "share"),
    [
        ({}, 100, 2, 1.0),
        ({}, 1, 2, 2.0),
        ({}, 3, 8, 2.0),
        ({"workers": 2}, 100, 8, 4.0),
        ({"cpus_per_worker": 4.0}, 100, 8, 4.0),
        ({"cpus_per_worker": 16.0}, 100, 8, 16.0),
        ({"cpus_per_worker": 0.5}, 100, 2, 0.5),
        ({"kind": "in_process"}, 100, 8, 8.0),
    ],
)
def test_cores_go_to_the_workers_there_are(
    settings: dict[str, object], items: int, cores: int, share: float
) -> None:
    engine = EngineConfig.model_validate(settings)
    assert sized(engine, items, cores).cpus_per_worker == share
