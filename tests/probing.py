"""Probing of files that hold one recording of one stream, as most do."""

from __future__ import annotations

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.footage import catalogue
from lfr_batch.records import FootageAsset, FootageEntry


def probe(entry: FootageEntry, footage: FootageConfig, s3: S3Config) -> FootageAsset:
    (asset,) = catalogue.probe(entry, footage, s3)
    return asset
