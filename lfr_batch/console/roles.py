"""Who may do what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from lfr_batch.live.records import Role

Permission = Literal["view", "watch", "acknowledge", "decide", "seed", "audit"]

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        "operator": frozenset({"view", "watch", "acknowledge", "seed"}),
        "reviewer": frozenset({"view", "watch", "acknowledge", "decide", "seed"}),
        "authoriser": frozenset({"view"}),
        "auditor": frozenset({"view", "audit"}),
    }
)
"""view: alerts, pictures, health, counts; watch: their screen counts as one that showed an alert;
seed: passes of volunteers are entered; audit: every decision that was ever made."""


def may(role: Role, permission: Permission) -> bool:
    return permission in PERMISSIONS[role]
