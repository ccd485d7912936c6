"""What a published snapshot consists of."""

from __future__ import annotations

from pathlib import Path

FILES = ("templates.parquet", "subjects.parquet", "refusals.parquet", "index.faiss", "ids.arrow")


def everything_below(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file()}
