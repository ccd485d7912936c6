"""A gallery's index wherever it can be searched; without a GPU its graphs run on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from lfr_batch.gallery import faiss_index
from lfr_batch.gallery.card import Card
from lfr_batch.gallery.card_sizes import Sizes
from lfr_batch.gallery.faiss_index import Index, open_index
from lfr_batch.gallery.templates import AnyTemplates
from lfr_batch.models.devices import cuda_is_usable

Where = Literal["cpu", "graphs", "cuda"]
needs_gpu = pytest.mark.skipif(not cuda_is_usable(), reason="onnxruntime sees no GPU")
EVERYWHERE = ["cpu", "graphs", pytest.param("cuda", marks=needs_gpu)]

SMALL = Sizes(
    probes=(1, 4, 16),
    hits=(8, 16, 64),
    row=64,
    many_hits_probes=4,
    pair_rows=64,
    upload_rows=256,
)
LIMIT_BYTES = 1 << 30


def small_card(templates: AnyTemplates, limit_bytes: int = LIMIT_BYTES) -> Card:
    return Card(templates, limit_bytes, "cpu", SMALL)


def open_on(path: Path, where: Where, threads: int = 2) -> Index:
    if where == "graphs":
        index = open_index(path, "cpu", threads)
        return Index(index.vectors, index.on_cpu, small_card(index.vectors))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faiss_index, "LEAST_ON_GPU", 0)
        return open_index(path, where, threads)
