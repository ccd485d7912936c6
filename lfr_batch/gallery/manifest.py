"""A snapshot's manifest: what it is, and the sha256 of each of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lfr_batch.gallery.records import AgesSaid

FORMAT_VERSION = 2
"""2: may name segments, and says with which settings its pictures were enrolled."""


class ManifestTooNew(ValueError):
    pass


class FileEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    sha256: str


class SegmentEntry(BaseModel):
    """Templates that snapshots of a gallery share: two files named after their sha256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    templates: int
    faces: FileEntry
    index: FileEntry

    @property
    def files(self) -> dict[str, FileEntry]:
        """By their names."""
        return {
            f"{self.faces.sha256}.parquet": self.faces,
            f"{self.index.sha256}.faiss": self.index,
        }


class Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int = FORMAT_VERSION
    name: str
    snapshot_id: str
    pack_id: str
    pack_identity: str
    dimension: int
    templates: int
    subjects: int
    refused: int
    created_utc: AwareDatetime
    case_ref: str
    authority: str
    files: Mapping[str, FileEntry]
    """Those of its own folder."""
    made_with: str = ""
    """What, beside pack and picture, decided what became of each; see ``enrolment.made_with``."""
    ages: AgesSaid = ""
    accepts_children: bool = False
    """Children under 6 were to be enrolled, by the operator's word."""
    segments: tuple[SegmentEntry, ...] = ()
    """Where its templates are; empty: in its own folder, in the order of their rows."""


def to_json(manifest: Manifest) -> str:
    """The manifest with a digest over itself, so that an altered field is noticed."""
    fields = manifest.model_dump(mode="json")
    return json.dumps({**fields, "digest": _digest(fields)}, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> Manifest:
    """The reverse of ``to_json``.

    Raises:
        ManifestTooNew: of a format that this version does not know.
        ValueError: not JSON, not a manifest, or altered.
    """
    fields = json.loads(text)
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one error for every bad text
    version = fields.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise ManifestTooNew(f"format {version}, this version reads up to {FORMAT_VERSION}")
    digest = fields.pop("digest", None)
    if digest != _digest(fields):
        raise ValueError("its fields do not match its digest")
    try:
        return Manifest.model_validate(fields)
    except ValidationError as error:
        raise ValueError(f"{error.error_count()} fields are wrong") from error


def _digest(fields: Mapping[str, Any]) -> str:
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
