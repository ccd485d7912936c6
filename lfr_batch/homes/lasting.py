"""Folders that are thrown away with the job that runs in them. Pure."""

from __future__ import annotations

from pathlib import Path

from lfr_batch.errors import UsageError

_THROWN_AWAY = ("runtime_resources", "working_dir_files")
"""Where Ray unpacks what a job was submitted with; it removes that when the job is over."""


def require_lasting(folder: Path, said_by: str) -> Path:
    """Raises UsageError for a folder within what a Ray job was shipped with."""
    if any(pair == _THROWN_AWAY for pair in zip(folder.parts, folder.parts[1:], strict=False)):
        raise UsageError(
            f"{said_by} is {folder}, in the working directory of a Ray job, which is thrown away "
            "with the job: give a path that every node has, or s3://bucket/prefix, as in "
            """--runtime-env-json '{"env_vars": {"LFR_HOME": "s3://bucket/prefix"}}'."""
        )
    return folder
