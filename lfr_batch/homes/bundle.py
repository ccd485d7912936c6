"""A bundle: the files of a pack or a snapshot, by name, each with the sha256 of its bytes. Pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from lfr_batch.errors import StoreError

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FileInBundle(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sha256: Sha256
    bytes: Annotated[int, Field(ge=0)]


class Bundle(BaseModel):
    """``files`` by their names within the bundle's folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    lfr_bundle: Literal[1] = 1
    files: dict[str, FileInBundle]

    @field_validator("files")
    @classmethod
    def _stay_inside(cls, files: dict[str, FileInBundle]) -> dict[str, FileInBundle]:
        for name in files:
            if not _is_inside(name):
                raise ValueError(f"{name!r} is not a file name inside a bundle")
        return files


SHARED = "segments/"
"""How the names of files begin that the snapshots of a gallery share: they lie beside these, in a
folder of that name, and each is called after its sha256."""


def own_part(bundle: Bundle) -> Bundle:
    """The files that are a snapshot's, or a pack's, alone."""
    return _part(bundle, shared=False)


def shared_part(bundle: Bundle) -> Bundle:
    return _part(bundle, shared=True)


def _part(bundle: Bundle, *, shared: bool) -> Bundle:
    files = {n: e for n, e in bundle.files.items() if n.startswith(SHARED) is shared}
    return Bundle(files=files)


def to_json(bundle: Bundle) -> bytes:
    return bundle.model_dump_json(indent=1).encode() + b"\n"


def from_json(data: bytes, where: str) -> Bundle:
    """Raises StoreError for what is none, or is one of a newer version."""
    try:
        return Bundle.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise StoreError(
            f"{where} lists no files that this version can read ({first['msg']}): upgrade "
            "lfr-batch, or publish what it lists again."
        ) from error


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    plain = bool(path.parts) and not path.is_absolute() and name == str(path)
    return plain and not {"..", "."} & set(path.parts) and not re.search(r"[\\:\x00-\x1f]", name)
