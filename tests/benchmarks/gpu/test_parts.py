"""A part runs in a process of its own; what goes wrong there costs its own rows only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep

import pytest

from benchmarks.gpu import __main__ as front
from benchmarks.gpu import parts
from benchmarks.gpu.__main__ import BUDGET_S, measured
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.parts import PARTS, Part, run_part
from benchmarks.rows import NOT_MEASURED, REFUSED, Row

LONG_S = 3600.0


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, tmp_path, "a pack", "cpu", {}, None, ())


def rows_of(name: str, bench: Bench, known: int = 0) -> Iterator[Row]:
    part = Part(f"tests.benchmarks.gpu.parts:{name}", LONG_S, "")
    return run_part(name, part, bench, [Row("a", "", 1.0)] * known, LONG_S)


def told(rows: Iterable[Row]) -> list[tuple[str, float | str, str]]:
    return [(row.what, row.figure, row.note) for row in rows]


def time_passes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a part has, once it hangs."""
    while not (bench.scratch / "hanging").exists():
        sleep(0.01)
    monkeypatch.setattr(parts, "monotonic", lambda: monotonic() + 2 * LONG_S)


def test_a_part_knows_what_is_measured_and_what_was(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    assert told(rows_of("counts", bench, known=3)) == [("known", 3.0, "")]
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "a library's word\n")


def test_what_a_part_raises_is_its_last_row(bench: Bench) -> None:
    assert told(rows_of("raises", bench)) == [
        ("first", 1.0, ""),
        ("raises", REFUSED, "ValueError: the card is gone"),
    ]


def test_a_part_that_dies_says_how(bench: Bench) -> None:
    assert told(rows_of("dies", bench)) == [
        ("first", 1.0, ""),
        ("dies", REFUSED, "its process ended with 7"),
    ]


def test_a_part_whose_time_is_over_gives_what_it_has(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ENDING_S", LONG_S)
    rows = rows_of("hangs", bench)
    assert next(rows).what == "first"
    time_passes(bench, monkeypatch)
    assert told(rows) == [
        ("hangs", NOT_MEASURED, "cut off after 3600 s"),
        ("so far", 2.0, ""),
    ]


def test_a_part_that_does_not_stop_is_ended(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ENDING_S", 0.2)
    rows = rows_of("cannot_stop", bench)
    number = next(rows).figure
    time_passes(bench, monkeypatch)
    assert told(rows) == [("cannot_stop", NOT_MEASURED, "cut off after 3600 s")]
    with pytest.raises(ProcessLookupError):
        os.kill(int(number), 0)


@pytest.mark.parametrize("name", PARTS)
def test_every_part_can_be_called(name: str) -> None:
    module, _, function = PARTS[name].measure.partition(":")
    assert callable(getattr(import_module(module), function))


def test_what_a_part_says_before_its_process_dies_counts(bench: Bench) -> None:
    assert told(rows_of("tells", bench)) == [
        ("told", 1.0, ""),
        ("tells", REFUSED, "its process ended with 7"),
    ]


@pytest.mark.parametrize(
    ("named", "took_s", "shares_s"),
    [
        (["street"], {}, [282.0]),
        (list(PARTS), {}, [26.0, 36.0, 8.0, 70.0, 54.0, 30.0, 18.0, 40.0]),
        (["decoding", "street", "wall"], {"decoding": 20.0, "street": 34.0}, [48.9, 147.9, 228]),
        (["wall", "search"], {"wall": 280.0}, [162.0]),
    ],
)
def test_what_a_part_leaves_of_its_share_is_the_others(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    named: list[str],
    took_s: dict[str, float],
    shares_s: list[float],
) -> None:
    now_s, given_s = 0.0, list[float]()

    def run(name: str, _: Part, __: Bench, ___: list[Row], budget_s: float) -> Iterator[Row]:
        nonlocal now_s
        given_s.append(budget_s)
        now_s += took_s.get(name, budget_s)
        yield Row(name, "", 1.0)

    monkeypatch.setattr(front, "monotonic", lambda: now_s)
    monkeypatch.setattr(front, "run_part", run)
    rows = list(measured(bench, named, BUDGET_S))
    assert [row.what for row in rows] == named
    assert given_s == pytest.approx(shares_s, abs=0.6)
    late = [row.what for row in rows if row.figure == NOT_MEASURED]
    assert late == named[len(shares_s) :]


def test_all_parts_together_take_less_than_they_may() -> None:
    assert sum(part.need_s for part in PARTS.values()) <= BUDGET_S
    assert BUDGET_S + parts.ENDING_S < 5 * 60
