"""Who may do what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from lfr_batch.live.records import Role

Permission = Literal["view", "acknowledge", "decide", "audit"]

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        "operator": frozenset({"view", "acknowledge"}),
        "reviewer": frozenset({"view", "acknowledge", "decide"}),
        "auditor": frozenset({"view", "audit"}),
    }
)
"""view: alerts, pictures, health, counts; audit: every decision that was ever made."""


def may(role: Role, permission: Permission) -> bool:
    return permission in PERMISSIONS[role]
