"""Probes against a snapshot: search as deep as the answer needs, rank people, decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfr_batch.gallery.decide import CandidateList, decide
from lfr_batch.gallery.faiss_index import Device, Index, open_indexes, search
from lfr_batch.gallery.ranking import RankedSubject, rank_subjects
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.relative import RANKS, level_of
from lfr_batch.records import FloatArray

FIRST_DEPTH = 4
"""Images asked for at first, per subject wanted."""
FEW_HITS = 56
"""But no more than these, unless so many subjects are wanted: a GPU searches for few hits at its
quickest (``card_sizes``), and most images that score high are of different people."""
DEEPEN = 4


@dataclass(frozen=True)
class Matcher:
    snapshot: Snapshot
    index: Index
    relative: bool = False
    """Whether thresholds are of relative scores; the gallery then has ``LEAST_SUBJECTS``."""

    def match(
        self, templates: FloatArray, threshold: float | Sequence[float], top_k: int
    ) -> list[CandidateList]:
        """Candidates and margin of each probe; ``templates`` (m, d) float32, L2-normalised.

        ``threshold`` is that of all probes, or each probe's own.

        Exact: the same as comparing every probe with every image, however many images one
        subject has.
        """
        if top_k < 1:
            raise ValueError(f"top_k must be at least 1, not {top_k}")
        ranked = self.rank(templates, self.ranks(top_k))
        limits = [threshold] * len(ranked) if isinstance(threshold, float) else threshold
        return [
            decide(subjects, limit, top_k, level_of(subjects) if self.relative else None)
            for subjects, limit in zip(ranked, limits, strict=True)
        ]

    def ranks(self, top_k: int) -> int:
        """How many subjects have to be ranked for ``top_k`` candidates.

        The margin needs the next subject, even where one candidate is wanted.
        """
        return max(top_k, RANKS if self.relative else 2)

    def rank(self, templates: FloatArray, wanted: int) -> list[tuple[RankedSubject, ...]]:
        """The best ``wanted`` subjects of each probe, fewer where the gallery has fewer.

        Images come in the order of their scores, and equals in the order of their subjects, which
        is that of their rows: images further down change nothing for subjects seen above them.
        """
        ranked: list[tuple[RankedSubject, ...]] = [()] * len(templates)
        pending = np.arange(len(templates))
        depth = max(min(wanted * FIRST_DEPTH, FEW_HITS), wanted)
        while len(pending):
            scores, rows = search(self.index, templates[pending], depth)
            unsettled = []
            for probe, its_scores, its_rows in zip(pending, scores, rows, strict=True):
                subjects = rank_subjects(
                    its_scores, its_rows, self.snapshot.subject_ids, self.snapshot.image_ids
                )
                ranked[probe] = subjects[:wanted]
                if depth < len(self.index) and len(subjects) < wanted:
                    unsettled.append(probe)
            pending = np.array(unsettled, np.int64)
            depth *= DEEPEN
        return ranked


def open_matcher(
    snapshot: Snapshot,
    device: Device = "auto",
    threads: int | None = None,
    gpu_share: float = 1.0,
    relative: bool = False,
) -> Matcher:
    """Open the snapshot's index on ``device``; see ``open_indexes`` for what it raises."""
    paths = [part.index_path for part in snapshot.parts]
    index = open_indexes(paths, snapshot.rows, device, threads, gpu_share)
    return Matcher(snapshot, index, relative)
