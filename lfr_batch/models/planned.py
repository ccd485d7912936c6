"""What a run is planned with, beside settings and what is settled: told apart by digests. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

DIGITS = 16


@dataclass(frozen=True, slots=True)
class PlannedWith:
    """Equal where the same code, models and gallery are."""

    software: str
    """As ``software.software`` says it."""
    models: Mapping[str, str]
    """sha256 of each of the pack's models by its file, and of how they are fed."""
    gallery: Mapping[str, str]
    """sha256 of each file of the snapshot; empty where none is searched."""


def models_digest(planned: PlannedWith) -> str:
    """16 hex digits: equal where, and only where, all models and how they are fed are."""
    text = json.dumps(dict(planned.models), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def differing(planned: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """Names that only one has, or that stand for other content."""
    names = sorted({*planned, *here})
    return [name for name in names if planned.get(name) != here.get(name)]
