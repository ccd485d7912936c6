"""What examiners decided, beside what the audit log says that they did."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lfr_batch.oversight.audit_facts import Facts
from lfr_batch.results import layout
from lfr_batch.results.parts import read_part
from lfr_batch.storage.store import Store

_WAY_OUT = "restore it from a copy"


@dataclass(frozen=True, slots=True)
class KeptReview:
    """A row of ``reviews`` that is about a sighting."""

    run_id: str
    row: Mapping[str, Any]
    sha256: str


def kept_reviews(store: Store) -> dict[str, KeptReview]:
    """By their ids. Raises StoreError, ResultsError for a damaged one, by name."""
    found = {}
    for run_id in map(layout.run_id_in, store.folders("reviews")):
        for path in store.list(layout.run_directory("reviews", run_id)):
            if layout.is_of_sighting(path):
                (row,) = read_part(store, path, _WAY_OUT)
                sha256 = hashlib.sha256(store.read(path)).hexdigest()
                found[row["review_id"]] = KeptReview(run_id, row, sha256)
    return found


def contradicting(
    kept: Mapping[str, KeptReview], run_ids: frozenset[str], facts: Facts
) -> Iterator[str]:
    """Sentences. ``run_ids``: of the runs that are there: whose run was forgotten is gone with it.
    Pure."""
    for review_id, each in kept.items():
        said = facts.decided.get(review_id)
        if said is not None and said[1] != each.sha256:
            yield f"{_named(each)} is not as it was made"
    for review_id, (run_id, _) in facts.decided.items():
        if review_id not in kept and run_id in run_ids and review_id not in facts.taken:
            yield f"a decision of run {run_id} is gone ({review_id})"


def not_entered(kept: Mapping[str, KeptReview], facts: Facts) -> Iterator[str]:
    """Pure."""
    late = [each for review_id, each in kept.items() if review_id not in facts.decided]
    if late:
        named = _named(late[0])
        more = f" and {len(late) - 1} more" if len(late) > 1 else ""
        yield (
            f"the log has no line of {named}{more}: the process died before it, or it was put "
            "there; the next `lfr serve` or `lfr review` enters it as late"
        )


def _named(review: KeptReview) -> str:
    row = review.row
    who, what = row["reviewer"], row["sighting_id"]
    return f"what {who} decided about sighting {what} of run {review.run_id}"
