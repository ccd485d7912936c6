"""The rules of the house that a home has, ``policy.yaml``."""

from __future__ import annotations

from pathlib import Path

from lfr_batch.config.load import load_policy, parse_policy
from lfr_batch.config.policy import Policy
from lfr_batch.homes.at_hand import Home
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import S3Settings

POLICY = "policy.yaml"


def policy_of(home: Home, s3: S3Settings) -> Policy:
    """``policy.yaml`` in the home, else what changes nothing. Raises ConfigError, StoreError."""
    if isinstance(home, Path):
        return policy_in(home)
    try:
        text = S3Store(home, s3).read(POLICY).decode(errors="replace")
    except FileNotFoundError:
        return Policy()
    return parse_policy(text, f"{home}/{POLICY}")


def policy_in(home: Path) -> Policy:
    """As ``policy_of``, of a home that is a folder. Raises ConfigError."""
    path = home / POLICY
    return load_policy(path) if path.exists() else Policy()
