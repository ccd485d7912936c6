"""What is said of runs that are withheld, to whoever asks: without it their answers would read as
"nobody"."""

from __future__ import annotations

from collections.abc import Sequence

from lfr_batch.results.answers import rows_of
from lfr_batch.results.sql import Lake, run_query

NAMED = 5
_WITHHELD = """
SELECT run_id, case_ref, error FROM runs
WHERE status = 'withheld' AND ($runs::VARCHAR[] IS NULL OR list_contains($runs, run_id))
ORDER BY run_id
"""


def withheld_sentences(lake: Lake, run_ids: Sequence[str] | None = None) -> list[str]:
    """Of these runs, or of all: a sentence for each that is not in any answer."""
    given = {"runs": None if run_ids is None else list(run_ids)}
    rows = rows_of(run_query(lake, _WITHHELD, given))
    said = [
        f"run {row['run_id']} of case {row['case_ref']} is withheld until it is authorised, and "
        f"nothing of it is shown: {row['error']}"
        for row in rows[:NAMED]
    ]
    more = len(rows) - NAMED
    return [*said, f"{more} more runs are withheld; `lfr runs` lists them"] if more > 0 else said
