"""Runs that are hit: what hits them, what is held against them, and one seed of the whole."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from benchmarks import soak
from benchmarks.soak_cluster import Process, _below, processes
from benchmarks.soak_hits import ALL, SHARES, WAYS, Hit, hits
from benchmarks.soak_verdict import (
    HEAD,
    End,
    Record,
    Struck,
    as_table,
    differences,
    held_against,
)

KINDS = list(WAYS)
DECK = sum(SHARES.values())
SENTENCE = "run r-1: 3 files\nlfr: The head of the Ray cluster has not answered for 40 s: resume.\n"


def test_a_seed_always_hits_alike_and_another_one_otherwise() -> None:
    first, again, other = (list(islice(hits(seed, KINDS), 50)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_each_kind_is_hit_as_often_as_its_share_in_each_of_its_ways() -> None:
    drawn = list(islice(hits(3, KINDS), 20 * DECK))
    assert Counter(hit.kind for hit in drawn) == {kind: 20 * n for kind, n in SHARES.items()}
    assert {(hit.kind, hit.way) for hit in drawn} == {(k, w) for k in KINDS for w in WAYS[k]}


def test_where_all_nodes_go_they_come_back() -> None:
    drawn = [hit for hit in islice(hits(4, ["nodes"]), 200) if hit.which < ALL]
    assert drawn
    assert all(hit.back_s is not None for hit in drawn)


@pytest.mark.parametrize(
    ("end", "offences"),
    [
        (End(0, "13/13 segments\n"), []),
        (End(3, "failed: s3://archive/day/broken.mp4 is truncated; repair it\n"), []),
        (End(1, SENTENCE), []),
        (End(2, "lfr: run r-1 is being worked on by process 7: wait for it\n"), []),
        (End(143, "lfr: Stopped. `lfr resume` goes on.\n", frozenset({"TERM"})), []),
        (End(-9, "2/13 segments\n", frozenset({"KILL"})), []),
        (End(143, "lfr: Stopped. `lfr resume` goes on.\n"), ["a driver ended with 143"]),
        (End(-6, ""), ["a driver ended with -6"]),
        (
            End(1, "2/13 segments\n"),
            ["a driver that ended with 1 did not say why: '2/13 segments'"],
        ),
        (
            End(0, "\x1b[33m(raylet)\x1b[0m A worker died. \n(pid=7) grpc went\n"),
            ["a driver said: (pid=7) grpc went"],
        ),
        (
            End(1, "Traceback (most recent call last):\n" + SENTENCE),
            ["a driver said: Traceback (most recent call last):"],
        ),
        (
            End(
                143,
                "*** SIGTERM received at time=1 ***\nlfr: Stopped. `lfr runs` shows it.\n",
                frozenset({"TERM"}),
            ),
            ["a driver said: *** SIGTERM received at time=1 ***"],
        ),
    ],
)
def test_what_is_held_against_a_driver(end: End, offences: list[str]) -> None:
    assert list(held_against(end)) == offences


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([{"a": 1}, {"a": 2}], []),
        ([{"a": 1}], ["v: 1 rows for 2, 1 missing, 0 others, such as {'a': 2}"]),
        ([{"a": 1}, {"a": 3}], ["v: 2 rows for 2, 1 missing, 1 others, such as {'a': 3}"]),
        ([{"a": 1}, {"a": 2}, {"a": 2}],
         ["v: 3 rows for 2, 0 missing, 0 others, such as a row twice"]),
    ],
)  # fmt: skip
def test_rows_are_compared_one_by_one(found: list[dict[str, int]], said: list[str]) -> None:
    assert list(differences({"v": found}, {"v": [{"a": 1}, {"a": 2}]})) == said


def test_the_table_counts_hits_runs_and_the_time_until_it_went_on() -> None:
    def struck(went_on_s: float | None, ended: int | None = None) -> Struck:
        hit = Hit("driver", "TERM", 1.0, 1.0, None, patient=True, which=0.5)
        return Struck(hit, 3.0, "it", went_on_s, ended)

    first = Record("r-1", struck=[struck(2.0), struck(8.0, ended=143)])
    second = Record("r-2", struck=[struck(None)], offences=["a row twice"])
    assert as_table([first, second]) == [
        HEAD,
        ("driver", "TERM", "3", "2", "5", "8", "1", "1"),
        ("all", "", "3", "2", "5", "8", "1", "1"),
    ]


def test_processes_below_others_are_found_at_any_depth() -> None:
    pairs = [(2, 1), (3, 2), (4, 3), (5, 1)]
    there = [Process(pid, parent, pid, "") for pid, parent in pairs]
    assert [p.pid for p in _below({2}, there)] == [3, 4]
    assert any("pytest" in p.title or "python" in p.title for p in processes())


@pytest.mark.long
def test_one_seed_of_the_whole(open_pack_home: Path, tmp_path: Path) -> None:
    report = tmp_path / "soak.json"
    asked = ["--kills", "4", "--faults", "1", "--seed", "3", "--minutes", "10", "--nodes", "2"]
    asked += ["--copies", "2", "--kinds", "child", "supervisor", "driver", "raylet"]
    code = soak.main([*asked, "--home", str(open_pack_home), "--out", str(report)])
    told = json.loads(report.read_text())
    assert (code, told["offences"]) == (0, [])
    assert sum(len(run["struck"]) for run in told["runs"]) >= 4
    assert sum(run["faults"] for run in told["runs"]) >= 1
