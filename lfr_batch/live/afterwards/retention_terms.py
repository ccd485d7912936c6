"""How long a deployment's alerts are kept, and every place of this machine's making they are in."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from lfr_batch.config.live import LiveConfig
from lfr_batch.config.schema import S3Config
from lfr_batch.storage.links import in_real_folder
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store

TERMS = "retention.json"


class Terms(BaseModel):
    """Beside the sealed alerts; over restarts with another configuration, places are added."""

    model_config = ConfigDict(frozen=True)

    retention_h: float
    results: tuple[str, ...] = ()
    """Results roots with ``alerts`` and ``reviews``."""
    json_lines: tuple[str, ...] = ()
    s3: S3Config = S3Config()


def keep_until(raised_at: datetime, retention_h: float, deployment_until: datetime) -> datetime:
    """When an alert is to be deleted: its period after it was raised, or with its deployment."""
    return min(raised_at + timedelta(hours=retention_h), deployment_until)


def json_lines_path(config: LiveConfig) -> Path | None:
    """With links in its folders resolved: what is recorded is the same, however they change."""
    given = config.alerts.json_lines
    return in_real_folder(Path(given)) if given else None


def write_terms(place: LocalStore, config: LiveConfig, store: Store) -> Terms:
    """Raises StoreFull, StoreUnreachable."""
    before = read_terms(place) or Terms(retention_h=config.retention.period_h)
    lines = json_lines_path(config)
    terms = Terms(
        retention_h=config.retention.period_h,
        results=_joined(before.results, (store.uri,)),
        json_lines=_joined(before.json_lines, (str(lines),) if lines else ()),
        s3=config.s3,
    )
    if terms != read_terms(place):  # a disk that is full must not keep a router from coming back
        place.write_atomic(TERMS, terms.model_dump_json(indent=1).encode())
    return terms


def read_terms(place: LocalStore) -> Terms | None:
    """None where there are none. Raises ValueError for damaged ones."""
    try:
        return Terms.model_validate_json(place.read(TERMS))
    except FileNotFoundError:
        return None


def _joined(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))
