"""Whoever is killed at any moment of deciding has lost nothing that was answered, and
decided nothing twice: the next makes up for it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.casework.authorisations import authorisations_of
from lfr_batch.front.audit import compare_with_records
from lfr_batch.oversight.put import lines_on_record, verify_record
from lfr_batch.results.parts import read_part
from tests.casework.deciding_steps import CASE, DEEDS, book_of, do, files_of, fill
from tests.casework.examined import RUN, SIGHTING

ROOT = Path(lfr.__file__).parents[1]
STEPS_IN_BUCKET = (2, 5, 9, 11, 14)


def require_once(place: str, answered: Collection[str]) -> None:
    """What was answered is there, and whatever is there once, with its line."""
    files, book = files_of(place), book_of(place)
    kept = book.kept(RUN)
    there: list[str] = [each.stage for each in kept.of(SIGHTING)]
    there += ["outcome"] * len(kept.outcomes.get(SIGHTING, ()))
    asked = authorisations_of(files, CASE)
    there += ["request"] * len(asked) + ["grant" for each in asked if each.decision]
    assert set(answered) <= set(there) <= set(DEEDS)
    assert set(Counter(there).values()) <= {1}
    lines = list(lines_on_record(files.home, files.s3))
    logged = Counter(line["review_id"] for line in lines if "review_id" in line)
    paths = book.store.list(f"reviews/run_id={RUN}")
    for path in paths:
        (row,) = read_part(book.store, path, "")
        (line,) = (line for line in lines if line.get("review_id") == row["review_id"])
        assert line["row_sha256"] == hashlib.sha256(book.store.read(path)).hexdigest()
    assert len(logged) == len(paths)
    settings = lfr.Settings(home=f"{place}/home", results=f"{place}/results")
    chain = verify_record(files.home, files.s3, None, ())
    remarks = compare_with_records(settings, chain)
    assert len([each for each in remarks if "has no record" in each]) == len(remarks) <= 1


def require_made_up_for(place: str, answered: Collection[str]) -> None:
    """By whoever comes next, and sends again what was not answered."""
    book_of(place).make_up()
    require_once(place, answered)
    do(place, known=answered)
    require_once(place, DEEDS)


@pytest.mark.parametrize(
    "samples", [12, pytest.param(0, marks=pytest.mark.long)], ids=["some", "every second"]
)
def test_killed_at_any_step(samples: int, tmp_path: Path) -> None:
    fill(str(tmp_path / "a"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.casework.deciding_steps", tmp_path / "a", str(samples)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    ended = [line.split() for line in done.stdout.splitlines()]
    assert [code for _, code, *_ in ended].count("0") == 1
    assert len(ended) > 10
    for copy, _, *answered in ended:
        require_made_up_for(copy, answered)
        assert not list((Path(copy) / "results" / "reviews").rglob(".tmp-*"))


@pytest.mark.parametrize(
    "step", [4, *(pytest.param(n, marks=pytest.mark.long) for n in STEPS_IN_BUCKET)]
)
def test_killed_in_a_bucket(step: int, bucket: str) -> None:
    place = f"s3://{bucket}"
    fill(place)
    done = subprocess.run(
        [sys.executable, "-m", "tests.casework.deciding_steps", place, "0", str(step)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    require_made_up_for(place, done.stdout.split())
