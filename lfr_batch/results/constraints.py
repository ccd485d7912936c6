"""What holds of the lake's columns: their few values, keys, what refers where, what is never null.
Pure.

DuckDB keeps none of it with a view: it is said in ``columns`` and in the comments, and tests hold
published rows to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_START_SOURCES = ("manifest", "filename", "container", "none")

ENUMS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("runs", "kind"): ("scan", "search", "live"),
        ("runs", "status"): (
            "planning",
            "running",
            "complete",
            "complete_partly",
            "complete_with_failures",
            "failed",
            "cancelled",
        ),
        ("runs", "threshold_source"): ("derived", "override"),
        ("footage", "kind"): ("video", "still"),
        ("footage", "start_source"): _START_SOURCES,
        ("footage", "fields"): ("progressive", "top", "bottom"),
        ("footage", "status"): ("ok", "partly", "damaged", "failed"),
        ("segments", "status"): ("done", "failed", "quarantined", "pending"),
        ("sightings", "start_source"): _START_SOURCES,
        ("reviews", "role"): ("operator", "reviewer", "auditor"),
        ("reviews", "verdict"): ("match", "no_match", "cannot_tell"),
        ("reviews", "outcome"): ("engaged", "arrested", "no_action"),
    }
)
"""(dataset, column) → its values, in an order that means something where there is one: they sort in
it, best or first come first."""
