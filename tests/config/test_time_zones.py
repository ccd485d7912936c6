from __future__ import annotations

import sys
import zoneinfo
from datetime import UTC, datetime

import pytest

from lfr_batch.config.time_zones import zone_of
from lfr_batch.errors import ConfigError


def test_zones_have_their_offsets() -> None:
    summer = datetime(2024, 7, 1, 12, tzinfo=zone_of("Europe/London"))
    assert summer.astimezone(UTC).hour == 11


def test_utc_needs_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "tzdata"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tzdata", None)
    zoneinfo.reset_tzpath([])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        assert zone_of("UTC") is UTC
        with pytest.raises(ConfigError, match="needs the package tzdata"):
            zone_of("Europe/London")
    finally:
        zoneinfo.reset_tzpath()
