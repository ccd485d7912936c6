"""Where a deployment keeps its files, and its record: ``HOME/live/<deployment>/``."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lfr_batch.errors import LiveError, UsageError
from lfr_batch.live.records import DeploymentRecord
from lfr_batch.results.layout import is_run_id
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.files import sync, write_text
from lfr_batch.storage.folders import make_own_folder

RECORD = "deployment.json"
_RECORD = TypeAdapter(DeploymentRecord)


def deployments_folder(home: Path) -> Path:
    return home / "live"


def deployment_folder(home: Path, deployment_id: str) -> Path:
    """Raises UsageError for what cannot be a deployment's id."""
    if not is_run_id(deployment_id):
        raise UsageError(f"{deployment_id!r} cannot be the id of a deployment")
    return deployments_folder(home) / deployment_id


def router_folder(home: Path, deployment_id: str) -> Path:
    return deployment_folder(home, deployment_id) / "router"


def save_record(folder: Path, record: DeploymentRecord) -> None:
    """Write ``deployment.json`` into the deployment's folder, which is made if need be."""
    with disk_errors(folder):
        make_own_folder(folder)
        write_text(folder / RECORD, _RECORD.dump_json(record, indent=1).decode() + "\n")
        sync(folder.parent)


def load_record(folder: Path) -> DeploymentRecord:
    """Raises FileNotFoundError, LiveError for a record that cannot be understood."""
    try:
        return _RECORD.validate_json((folder / RECORD).read_bytes())
    except ValidationError as error:
        raise LiveError(
            f"{folder / RECORD} is damaged or of another version; restore it from a copy"
        ) from error


def list_deployments(home: Path) -> tuple[str, ...]:
    """Ids of the deployments that have a folder, in order."""
    found = deployments_folder(home).glob("*/")
    return tuple(sorted(path.name for path in found if is_run_id(path.name)))
