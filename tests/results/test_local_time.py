from __future__ import annotations

import json

import pytest

from lfr_batch.results.local_time import zone_of_run


@pytest.mark.parametrize(
    ("config", "zone"),
    [
        (json.dumps({"footage": {"time_zone": "Europe/Paris"}}), "Europe/Paris"),
        (json.dumps({"footage": {"time_zone": "Mars/Olympus"}}), "UTC"),
        (json.dumps({"pack": "open"}), "UTC"),
        (None, "UTC"),
    ],
)
def test_it_is_the_one_that_the_run_was_configured_with(config: str | None, zone: str) -> None:
    assert str(zone_of_run(config)) == zone
