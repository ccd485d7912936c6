"""With what a run was made: models, gallery, software, settings, each with its digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lfr_batch.errors import GalleryError, PackError, StoreError
from lfr_batch.evidence.facts import plain
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.homes.at_hand import Home, pack_at_hand, snapshot_at_hand
from lfr_batch.models.planned import PlannedWith, models_digest
from lfr_batch.models.store import read_pack
from lfr_batch.results.answers import Row
from lfr_batch.results.run_state import RunRequest
from lfr_batch.software import software
from lfr_batch.storage.store import S3Settings


def run_document(row: Row, request: RunRequest, home: Home, s3: S3Settings) -> dict[str, Any]:
    """The member ``run.json``: the run as results have it, and as it was asked for."""
    planned = request.planned
    return {
        "run": plain(row),
        "config": json.loads(row["config"]),
        "request": request.model_dump(mode="json"),
        "models": _models(request, planned, home, s3),
        "gallery": _gallery(request, planned, home, s3),
        "software": {
            "run": planned.software if planned else request.software_version,
            "pack_made_with": software(),
        },
    }


def _models(
    request: RunRequest, planned: PlannedWith | None, home: Home, s3: S3Settings
) -> Mapping[str, Any]:
    """Digests as the run was planned with; the licence as the pack that is there now says it."""
    said = {
        "pack": request.pack_id,
        "licence_stated": request.licence_statement,
        "files_sha256": dict(planned.models) if planned else None,
        "digest": models_digest(planned) if planned else None,
    }
    name = str(request.config.get("pack", ""))
    try:
        manifest = read_pack(pack_at_hand(home, name, s3), name).manifest
    except (PackError, StoreError) as error:
        return {**said, "now": f"The pack is not there any more: {error}"}
    now = {
        "version": manifest.version,
        "licence": manifest.licence,
        "permitted_use": manifest.permitted_use,
        "source": manifest.source,
    }
    return {**said, "now": now}


def _gallery(
    request: RunRequest, planned: PlannedWith | None, home: Home, s3: S3Settings
) -> Mapping[str, Any]:
    said = {
        "gallery": request.gallery,
        "snapshot": request.snapshot_id,
        "files_sha256": dict(planned.gallery) if planned else None,
    }
    try:
        folder = snapshot_at_hand(home, request.gallery, request.snapshot_id, s3)
        snapshot = load_snapshot(folder, request.gallery, request.snapshot_id, verify=False)
    except (GalleryError, StoreError) as error:
        return {**said, "now": f"The snapshot is not there any more: {error}"}
    now = {
        "templates": len(snapshot.image_ids),
        "subjects": len(set(snapshot.subject_ids)),
        "enrolled": plain(snapshot.enrolled_utc),
        "case_ref": snapshot.case_ref,
        "authority": snapshot.authority,
        "pack": snapshot.pack_id,
    }
    return {**said, "now": now}
