"""What readers say of a part, told apart."""

from __future__ import annotations

import pytest

from lfr_batch.results.damage import is_gone

PART = "runs/run_id=a/000002-b-000-finished.parquet"


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        (f"IO Error: No files found that match the pattern '{PART}'", True),
        (f"IO Error: Cannot open file '{PART}': No such file or directory", True),
        (f"Could not open '{PART}': AWS Error NO_SUCH_KEY during GetObject operation", True),
        (f"Could not open '{PART}': AWS Error RESOURCE_NOT_FOUND during GetObject operation", True),
        (f"Could not open '{PART}': AWS Error INTERNAL_FAILURE during GetObject", False),
        (f"IO Error: Cannot open file '{PART}': Permission denied", False),
        (f"Invalid Error: no magic bytes found at end of file '{PART}'", False),
    ],
)
def test_a_part_that_is_gone_is_known_by_what_readers_say(said: str, gone: bool) -> None:
    assert is_gone(said) == gone
