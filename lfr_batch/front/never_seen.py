"""Why an answer about a person is empty: a name that nobody has reads like "nobody was seen"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lfr_batch.errors import GalleryError
from lfr_batch.front.results import Results
from lfr_batch.gallery.folders import gallery_names
from lfr_batch.gallery.store import load_snapshot, read_subjects_of
from lfr_batch.homes.at_hand import Home
from lfr_batch.results.sql import run_query

_PROPOSED = "SELECT count(DISTINCT run_id) FROM subjects WHERE subject_id = $subject_id"


def why_nobody(results: Results, home: Home, subject_id: str) -> str:
    """A sentence. A home in a bucket is not asked: its galleries may be large. Raises as
    ``run_query``."""
    runs = run_query(results.lake, _PROPOSED, {"subject_id": subject_id}).column(0)[0].as_py()
    if runs:
        where = "1 run" if runs == 1 else f"{runs} runs"
        return f"{subject_id} was a candidate in {where}, and in nothing that this asks for"
    never = "was never a candidate in these results"
    if not isinstance(home, Path):
        return f"{subject_id} {never}; `lfr gallery show NAME` lists who is enrolled"
    there = ", ".join(_enrolled_in(home, subject_id))
    if there:
        return f"{subject_id} is enrolled (gallery {there}) and {never}"
    return (
        f"nobody called {subject_id} is enrolled in {home}, and whoever is called so {never}; `lfr "
        "gallery show NAME` lists who is enrolled"
    )


def _enrolled_in(home: Path, subject_id: str) -> Iterator[str]:
    """Galleries whose current snapshot has such a subject; of a damaged one nothing is known."""
    for name in gallery_names(home):
        try:
            snapshot = load_snapshot(home, name, verify=False)
            if read_subjects_of(snapshot, [subject_id]):
                yield name
        except GalleryError:
            continue
