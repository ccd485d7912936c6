"""The program as a later version of it might be: other schemas, and the changes that lead there."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pyarrow as pa
import pytest

from lfr_batch.results.migrations import CHANGES, Change
from lfr_batch.results.schemas import DATASETS


def as_version(
    monkeypatch: pytest.MonkeyPatch,
    version: int,
    schemas: Mapping[str, pa.Schema],
    changes: Sequence[Change],
) -> None:
    """Everywhere, since modules have the names from where they are defined."""
    said = {
        "SCHEMA_VERSION": version,
        "DATASETS": MappingProxyType({**DATASETS, **schemas}),
        "CHANGES": (*CHANGES, *changes),
    }
    for name, module in list(sys.modules.items()):
        if name.startswith("lfr_batch.results"):
            for attribute in said.keys() & vars(module).keys():
                monkeypatch.setattr(module, attribute, said[attribute])
