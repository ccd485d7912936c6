"""Every sink there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lfr_batch.live.alerts.sinks.delivery import Deliver, Setting
from lfr_batch.live.alerts.sinks.json_lines import open_json_lines
from lfr_batch.live.alerts.sinks.parquet import open_parquet
from lfr_batch.live.alerts.sinks.webhook import open_webhook

SINKS: Mapping[str, Callable[[Setting], Deliver | None]] = MappingProxyType(
    {"json_lines": open_json_lines, "webhook": open_webhook, "parquet": open_parquet}
)
"""By name; None from a sink that is not configured."""


def open_sinks(setting: Setting) -> dict[str, Deliver]:
    """Those that are configured. Raises ConfigError."""
    opened = {name: open_sink(setting) for name, open_sink in SINKS.items()}
    return {name: deliver for name, deliver in opened.items() if deliver is not None}
