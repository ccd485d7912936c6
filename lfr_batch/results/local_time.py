"""In which time zone the clocks of a run's footage are read. Pure."""

from __future__ import annotations

import json
from datetime import UTC, tzinfo

from lfr_batch.config.time_zones import zone_of
from lfr_batch.errors import ConfigError


def zone_of_run(config: str | None) -> tzinfo:
    """``footage.time_zone`` of a run's configuration (``runs.config``); UTC on a machine that does
    not know it."""
    name = json.loads(config or "{}").get("footage", {}).get("time_zone", "UTC")
    try:
        return zone_of(name)
    except ConfigError:
        return UTC
