"""One segment, scanned as a worker does."""

from __future__ import annotations

from pathlib import Path

from lfr_batch.config.schema import (
    Config,
    FootageConfig,
    S3Config,
)
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import plan_segments
from lfr_batch.recognition.search import Search
from lfr_batch.records import FootageEntry, Segment
from lfr_batch.scanning.segment import SegmentResult, scan_segment
from tests.probing import probe


def with_config(search: Search, config: Config) -> Search:
    return Search(search.stages, search.matcher, search.threshold, config)


def segment_of(path: Path) -> Segment:
    asset = probe(FootageEntry(str(path)), FootageConfig(), S3Config())
    (segment,) = plan_segments(asset, 60.0, "key")
    return segment


def scan(path: Path, search: Search) -> SegmentResult:
    segment = segment_of(path)
    return scan_segment(segment, open_segment(segment, S3Config()), search)
