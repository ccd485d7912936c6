"""Whoever asks while results are published, compacted or forgotten has the answer of before or that
of after: never an error, never half."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from lfr_batch.results.compact import compact
from lfr_batch.results.forget import forget
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.storage.store import Store

from .publishing import publish, published
from .synthetic import RUN_ID, archive

OTHER, THIRD = "20260203-080000-scan-0003", "20260204-080000-scan-0004"
SUBJECT = archive().sightings[0].subject_id
ASKED = """
SELECT
  (SELECT count(*) FROM sightings) AS sightings,
  (SELECT count(*) FROM candidates) AS candidates,
  (SELECT sum(octet_length(jpeg))::BIGINT FROM best_shots) AS picture_bytes,
  (SELECT count(*) FROM runs WHERE forgotten IS NOT NULL) AS forgotten
"""
Answer = tuple[object, ...]
READERS = 3
"""Of whom every other one has the lake open from the beginning."""


def answer(root: str) -> Answer:
    with closing(open_lake(root)) as lake:
        return tuple(run_query(lake, ASKED).to_pylist()[0].values())


def _answers(root: str, over: threading.Event, *, anew: bool) -> Iterator[Answer]:
    """From a lake that stays open, or that is opened for each question; the last one is of
    after."""
    with closing(open_lake(root)) as lake:
        while True:
            last = over.is_set()
            yield answer(root) if anew else tuple(run_query(lake, ASKED).to_pylist()[0].values())
            if last:
                return


def asked_meanwhile(root: str, readers: int, change: Callable[[], object]) -> list[set[Answer]]:
    over, begun = threading.Event(), threading.Barrier(readers + 1)

    def read(number: int) -> set[Answer]:
        begun.wait()
        return {*_answers(root, over, anew=number % 2 == 1)}

    with ThreadPoolExecutor(readers) as pool:
        found = [pool.submit(read, number) for number in range(readers)]
        begun.wait()
        try:
            change()
        finally:
            over.set()
        return [each.result() for each in found]


def _forget_subject(store: Store) -> None:
    forget(store, Forgetting("subject", SUBJECT, "2026-11-27 of case OP-1"))


CHANGES: dict[str, Callable[[Store], object]] = {
    "a subject is forgotten": _forget_subject,
    "a run is forgotten": lambda store: forget(store, Forgetting("run", OTHER)),
    "runs are compacted": compact,
    "a run is published": lambda store: publish(store, THIRD),
}


@pytest.mark.parametrize("change", CHANGES)
def test_readers_have_what_was_before_or_what_is_after(tmp_path: Path, change: str) -> None:
    store = open_store(tmp_path / "lake")
    for run_id in (RUN_ID, OTHER):
        published(store, run_id)
    before = answer(store.uri)
    found = asked_meanwhile(store.uri, READERS, lambda: CHANGES[change](store))
    after = answer(store.uri)
    assert (before == after) == (change == "runs are compacted")
    for answers in found:
        assert answers <= {before, after}
        assert after in answers


@pytest.mark.long
def test_in_a_bucket_too(bucket: str) -> None:
    store = open_store(f"s3://{bucket}/lake")
    for run_id in (RUN_ID, OTHER):
        published(store, run_id)
    before = answer(store.uri)
    (answers,) = asked_meanwhile(store.uri, 1, lambda: _forget_subject(store))
    assert answers <= {before, answer(store.uri)}
