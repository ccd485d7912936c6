from __future__ import annotations

import pytest

from lfr_batch.errors import LfrError, ResultsError, StoreAway, StoreUnreachable
from lfr_batch.results.damage import about_part, damaged, is_gone, publish_again, search_again

PART = "sightings/run_id=R/000001-0a1b2c3d-part-00000.parquet"
ALERTS = "alerts/run_id=D/a1.parquet"
ANEW = (
    "restore it from a copy, or remove the folder runs/run_id=R, "
    "then `lfr resume R` makes the run's results again"
)
GONE = f"{PART} is not there, or its folder may not be opened; mend its permissions, or {ANEW}"
LEFT_OUT = "restore it from a copy or remove it: the others can be read without it"


def test_a_damaged_file_is_named_with_its_way_out() -> None:
    error = damaged("plan.parquet in /lake", "restore it")
    assert isinstance(error, ResultsError)
    assert str(error) == "plan.parquet in /lake is damaged; restore it"


@pytest.mark.parametrize(
    "path",
    ["_state/run_id=R/ledger/000001-0a1b2c3d-block-000000-0.parquet", "_state/run_id=R/x.parquet"],
)
def test_a_runs_own_file_is_made_again_by_resuming_it(path: str) -> None:
    assert search_again(path) == "remove it, then `lfr resume R` does that part again"


@pytest.mark.parametrize(
    ("path", "way_out"),
    [
        (PART, ANEW),
        ("runs/run_id=R/000001-0a1b2c3d-000-finished.parquet", ANEW),
        ("footage/run_id=R/part-00000.parquet", ANEW),
        (ALERTS, LEFT_OUT),
        ("reviews/run_id=D/r1.parquet", LEFT_OUT),
    ],
)
def test_what_happened_in_a_street_cannot_be_made_anew(path: str, way_out: str) -> None:
    assert publish_again(path) == way_out


@pytest.mark.parametrize(
    ("said", "kind", "sentence"),
    [
        (
            f"Invalid Input Error: No magic bytes found at end of file '/l/{PART}'",
            ResultsError,
            f"{PART} is damaged; {ANEW}",
        ),
        (
            f"Invalid Input Error: '/l/{ALERTS}' is too small to be a Parquet file",
            ResultsError,
            f"{ALERTS} is damaged; {LEFT_OUT}",
        ),
        (
            f'IO Error: Cannot open file "/run_id=x/{PART}": Permission denied',
            StoreUnreachable,
            f"{PART} cannot be opened; mend its permissions and try again",
        ),
        (
            f'IO Error: No files found that match the pattern "/l/{PART}"',
            StoreUnreachable,
            GONE,
        ),
        (
            f"Invalid Error: 'lfr_sightings_3' failed: IOError: Path does not exist 'b/l/{PART}'. "
            "Detail: [errno 2] No such file or directory",
            StoreUnreachable,
            GONE,
        ),
        (
            "Invalid Error: 'lfr_footage_3' failed: AWS Error NETWORK_CONNECTION",
            StoreAway,
            "a part of footage cannot be read now: the bucket does not answer; try again",
        ),
        (
            "Invalid Error: 'lfr_footage_3' failed: AWS Error ACCESS_DENIED",
            StoreUnreachable,
            "a part of footage in the bucket cannot be read (AWS Error ACCESS_DENIED); "
            "try again, and if it stays so restore that dataset from a copy",
        ),
    ],
    ids=[
        "cut off",
        "an alert's",
        "permission",
        "gone",
        "gone from a bucket",
        "away",
        "in a bucket",
    ],
)
def test_what_a_reader_said_of_a_part_becomes_one_sentence(
    said: str, kind: type[LfrError], sentence: str
) -> None:
    error = about_part(said)
    assert type(error) is kind
    assert str(error) == sentence


@pytest.mark.parametrize(
    "said",
    [
        "",
        'Binder Error: Referenced column "who" not found',
        "IO Error: Cannot open file '/l/strangers/run_id=R/part-00000.parquet'",
        "Invalid Error: 'lfr_strangers_3' failed: gone",
        "/l/sightings/run_id=R/views.sql",
    ],
)
def test_of_what_is_no_part_nothing_is_said(said: str) -> None:
    assert about_part(said) is None


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
