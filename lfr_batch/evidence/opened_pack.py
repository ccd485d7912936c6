"""A pack as it is read by the product: verified first, then its members."""

from __future__ import annotations

import json
import zipfile
from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lfr_batch.errors import ResultsError, UsageError
from lfr_batch.evidence.plan_rows import PackedPlan, packed_plan
from lfr_batch.evidence.verify import Unsound, Verified, verify, whole_fingerprint
from lfr_batch.results.answers import Row
from lfr_batch.results.run_state import RunRequest


@dataclass(frozen=True, slots=True)
class OpenedPack:
    """What a repeated search needs of a pack."""

    verified: Verified
    request: RunRequest
    plan: PackedPlan
    footage: tuple[Row, ...]
    """Rows of the lake's footage."""
    sightings: tuple[Mapping[str, Any], ...]
    """The members ``sighting.json``."""


def open_evidence(path: Path, key: str | None = None) -> OpenedPack:
    """``key``: fingerprint of the key that is to have signed it. Raises ResultsError for a pack
    that does not verify, UsageError for a certificate, or where there is no such file."""
    verified = _verified(path, key)
    if not verified.manifest["sightings"]:
        raise UsageError(
            f"{path} is a certificate, which has no sighting to search for again: scan the footage "
            "anew to repeat the search."
        )
    try:
        return _opened(path, verified)
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise ResultsError(
            f"{path} has a run that this version does not know how to repeat: take the version "
            f"that made it, {verified.manifest['software']}"
        ) from error


def _opened(path: Path, verified: Verified) -> OpenedPack:
    with zipfile.ZipFile(path) as archive:
        members = {
            name: json.loads(archive.read(name))
            for name in archive.namelist()
            if name.endswith(".json")
        }
    ids = verified.manifest["sightings"]
    return OpenedPack(
        verified,
        RunRequest.model_validate(members["run.json"]["request"]),
        packed_plan(members["segments.json"]),
        tuple(members["footage.json"]["searched"]),
        tuple(members[f"sightings/{each}/sighting.json"] for each in ids),
    )


def _verified(path: Path, key: str | None) -> Verified:
    try:
        return verify(path, None if key is None else whole_fingerprint(key))
    except ArgumentTypeError as error:
        raise UsageError(f"--key {error}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name a pack") from error
    except (Unsound, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResultsError(
            f"{path} is not as it was made: {error}; get the pack again from whoever made it"
        ) from error
