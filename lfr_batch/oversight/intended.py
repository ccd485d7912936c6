"""What is to be done for good, on record before it is begun; and the receipt.

It is a line of the audit log, and the receipt a line and a file,
``HOME/audit/receipts/<id>.json``. Of a home in a bucket each is an object of its own below
``audit``, too. An intention without a receipt was interrupted: whoever comes
next ends it.

In a bucket the two cannot be written at once. The line of an intention comes before its object, so
that nothing is done that the log does not have: who is killed between has begun nothing, nobody
ends it, and the log's verification says so. The line of a receipt comes first, too: without the
object it is ended once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight import audit
from lfr_batch.oversight.put import latest_of, put
from lfr_batch.storage.files import write_text
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import S3Settings

Said = Mapping[str, Any]

LOG_LINE = "log_line"
"""Of a receipt: which line the log ended with then."""


@dataclass(frozen=True, slots=True)
class IntentionKind:
    """Of intentions: by which events the log has them, and where a bucket does."""

    intended: str
    done: str
    in_bucket: str


def receipts_folder(home: Path) -> Path:
    return home / "audit" / "receipts"


def receipt_file(home: Path, intention_id: str) -> Path:
    return receipts_folder(home) / f"{intention_id}.json"


def intend(home: Home, kind: IntentionKind, said: Said, at: datetime, s3: S3Settings) -> None:
    """``said`` has an ``id``. Raises StoreError, AuditBroken: it is then not to be done."""
    put(home, s3, kind.intended, {"intention": said}, at)
    if not isinstance(home, Path):
        path = f"{kind.in_bucket}/{said['id']}.intended.json"
        S3Store(home, s3).write_atomic(path, _text(said).encode())


def done(home: Home, kind: IntentionKind, receipt: Said, at: datetime, s3: S3Settings) -> str:
    """``receipt`` has the ``intention``. Where it is. Raises StoreError, AuditBroken."""
    name, latest = receipt["intention"]["id"], latest_of(home, s3)
    text = _text({**receipt, LOG_LINE: asdict(latest)} if latest else receipt)
    line = {key: value for key, value in receipt.items() if key not in {"intention", "at"}}
    said = {"id": name, **line}
    if isinstance(home, Path):
        path = receipt_file(home, name)
        make_own_folder(path.parent)
        write_text(path, text)
        put(home, s3, kind.done, said, at)
        return str(path)
    there = f"{kind.in_bucket}/{name}.done.json"
    put(home, s3, kind.done, said, at)  # what has its object is not looked at again
    S3Store(home, s3).write_atomic(there, text.encode())
    return f"{home}/{there}"


def unfinished(home: Home, kind: IntentionKind, s3: S3Settings) -> list[Said]:
    """Intentions without a receipt. Raises StoreError, AuditBroken."""
    if isinstance(home, Path):
        found = dict(_in_log(kind, audit.entries(home)))
        return [said for said in found.values() if said is not None]
    store = S3Store(home, s3)
    paths = store.list(kind.in_bucket)
    open_ones = [
        path
        for path in paths
        if path.endswith(".intended.json")
        and path.replace(".intended.json", ".done.json") not in paths
    ]
    return [json.loads(store.read(path)) for path in open_ones]


def _in_log(kind: IntentionKind, lines: Iterable[Said]) -> Iterable[tuple[str, Said | None]]:
    """By id; later ones count: None where it is done."""
    for line in lines:
        if line["event"] == kind.intended:
            yield line["intention"]["id"], line["intention"]
        elif line["event"] == kind.done:
            yield line["id"], None


def _text(said: Said) -> str:
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"
