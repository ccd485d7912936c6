"""What is to be removed from galleries, on record before it is removed; and the receipt.

Of a home on disk it is a line of the audit log, and the receipt a line and a file,
``HOME/audit/receipts/<id>.json``. Of a home in a bucket, where no lines can be added to a log,
each is an object below ``audit/galleries``. An intention without a receipt was interrupted:
whoever comes next ends it, and nothing of it depends on how far it got.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight import audit
from lfr_batch.storage.files import write_text
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import S3Settings

Verb = Literal["remove", "prune", "delete"]
INTENDED, DONE = "gallery.intended", "gallery.done"
IN_BUCKET = "audit/galleries"


class Intention(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    verb: Verb
    gallery: str
    subjects: tuple[str, ...] = ()
    """Of 'remove'."""
    snapshots: tuple[str, ...] = ()
    """Of 'prune': those that go."""
    case_ref: str
    authority: str
    purpose: str
    operator: str
    at: AwareDatetime


class GalleryReceipt(BaseModel):
    model_config = ConfigDict(frozen=True)

    intention: Intention
    at: AwareDatetime
    snapshots_gone: tuple[str, ...]
    snapshot: str
    """The gallery's current one afterwards; empty where there is no gallery any more."""
    bytes_gone: int
    out_of_reach: tuple[str, ...]
    """Where copies may be that this does not reach, a sentence each."""


def intend(home: Home, intention: Intention, s3: S3Settings) -> None:
    """Raises StoreError, AuditBroken: it is then not to be done."""
    said = intention.model_dump(mode="json")
    if isinstance(home, Path):
        audit.record(home, INTENDED, [{"intention": said}], intention.at)
    else:
        path = f"{IN_BUCKET}/{intention.id}.intended.json"
        S3Store(home, s3).write_atomic(path, _text(said).encode())


def done(home: Home, receipt: GalleryReceipt, s3: S3Settings) -> str:
    """Where the receipt is. Raises StoreError, AuditBroken."""
    said, name = receipt.model_dump(mode="json"), receipt.intention.id
    if isinstance(home, Path):
        path = home / "audit" / "receipts" / f"{name}.json"
        make_own_folder(path.parent)
        write_text(path, _text(said))
        line = {key: value for key, value in said.items() if key not in {"intention", "at"}}
        audit.record(home, DONE, [{"id": name, **line}], receipt.at)
        return str(path)
    where = f"{IN_BUCKET}/{name}.done.json"
    S3Store(home, s3).write_atomic(where, _text(said).encode())
    return f"{home}/{where}"


def unfinished(home: Home, s3: S3Settings) -> list[Intention]:
    """Intentions without a receipt, oldest first. Raises StoreError, AuditBroken."""
    if isinstance(home, Path):
        found = dict(_in_log(audit.entries(home)))
        return sorted((each for each in found.values() if each is not None), key=_when)
    store = S3Store(home, s3)
    paths = store.list(IN_BUCKET)
    open_ones = [
        path
        for path in paths
        if path.endswith(".intended.json")
        and path.replace(".intended.json", ".done.json") not in paths
    ]
    return sorted(
        (Intention.model_validate_json(store.read(path)) for path in open_ones), key=_when
    )


def _in_log(lines: Iterable[dict[str, Any]]) -> Iterable[tuple[str, Intention | None]]:
    """By id; later ones count: None where it is done."""
    for line in lines:
        if line["event"] == INTENDED:
            intention = Intention.model_validate(line["intention"])
            yield intention.id, intention
        elif line["event"] == DONE:
            yield line["id"], None


def _when(intention: Intention) -> tuple[datetime, str]:
    return intention.at, intention.id


def _text(said: object) -> str:
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"
