"""All shots of a track for whoever compares: how many there are is known without reading one."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from lfr_batch.office.found import FoundInLake
from lfr_batch.results.answers import rows_of
from lfr_batch.results.lake import open_lake
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import write_part
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from tests.office.made import ServedOffice, path_of, served_office

LARGE = 4_000_000
"""Bytes of a picture that nobody overlooks."""


def kept(home: Path) -> list[dict[str, Any]]:
    """Rows of ``best_shots``."""
    rows = rows_of(run_query(open_lake(str(home / "results")), "FROM best_shots ORDER BY ALL"))
    assert len(rows) == 4
    return rows


def rewrite(home: Path, run_id: str, **changed: Any) -> None:
    """With other values in columns of ``best_shots``."""
    store = open_store(str(home / "results"))
    (path,) = store.list(f"best_shots/run_id={run_id}")
    table = pq.ParquetFile(io.BytesIO(store.read(path))).read()
    rows = [{**row, **changed} for row in table.to_pylist()]
    write_part(store, path, rows, part_schema("best_shots"))


def test_each_is_there_with_its_moment_the_best_first(office: ServedOffice) -> None:
    anne, counts = office.client("Anne"), []
    for row in kept(office.home):
        path = path_of(row["run_id"], row["sighting_id"])
        told = anne.get(path)["shots"]
        assert [each["media_s"] for each in told] == [
            row["media_s"], *(each["media_s"] for each in row["further"])
        ]  # fmt: skip
        jpegs = [row["jpeg"], *row["further_jpegs"]]
        for number, jpeg in enumerate(jpegs, 1):
            assert anne.ask("GET", f"{path}/shots/{number}.jpg").data == jpeg
        for number in (0, -1, len(jpegs) + 1):
            assert anne.ask("GET", f"{path}/shots/{number}.jpg").status == 404
        counts.append(len(told))
    assert min(counts) == 1
    assert max(counts) > 3


def test_an_older_run_shows_the_one_it_has(home: Path) -> None:
    row = next(each for each in kept(home) if each["further"])
    path = path_of(row["run_id"], row["sighting_id"])
    rewrite(home, row["run_id"], further=None, further_jpegs=None, thumbnail=None)
    with served_office(home) as office:
        anne = office.client("Anne")
        (told,) = anne.get(path)["shots"]
        assert told["media_s"] == row["media_s"]
        for picture in ("shots/1.jpg", "thumbnail.jpg"):
            assert anne.ask("GET", f"{path}/{picture}").data == row["jpeg"]
        assert anne.ask("GET", f"{path}/shots/2.jpg").status == 404


def read_so_far() -> int:
    """Bytes that this process has read from files."""
    said = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(said["rchar"])


def test_whoever_counts_them_reads_none(home: Path) -> None:
    row = next(each for each in kept(home) if each["further"])
    large = np.random.default_rng(0).bytes(LARGE)
    rewrite(home, row["run_id"], jpeg=large, further_jpegs=[large, large])
    found = FoundInLake(open_lake(str(home / "results")))
    where = (row["run_id"], row["sighting_id"])
    before = read_so_far()
    assert len(found.shots(*where)) == 1 + len(row["further"])
    assert read_so_far() - before < LARGE
    for look in (found.shot(*where, 1), found.shot(*where, 2)):
        assert look == large
    assert read_so_far() - before > 2 * LARGE
    found.close()
