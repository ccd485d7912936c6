"""Who may do what in the office. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from lfr_batch.live.records import Role

OfficePermission = Literal[
    "view", "examine", "outcome", "request", "authorise", "evidence", "audit"
]

OFFICE_PERMISSIONS: Mapping[Role, frozenset[OfficePermission]] = MappingProxyType(
    {
        "operator": frozenset({"view", "request", "outcome", "evidence"}),
        "reviewer": frozenset({"view", "examine", "outcome", "evidence"}),
        "authoriser": frozenset({"view", "authorise"}),
        "auditor": frozenset({"view", "audit"}),
    }
)
"""view: runs of the cases one may see, and their pictures; examine: compare and decide; outcome:
say what became of it later; request, authorise: a search for a case; audit: every decision, also
of sightings that are not decided yet."""


def office_may(role: Role, permission: OfficePermission) -> bool:
    return permission in OFFICE_PERMISSIONS[role]
