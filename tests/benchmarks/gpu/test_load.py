from __future__ import annotations

import pytest

from benchmarks.gpu.load import Load, busy_core_s, parse_sample


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("50, 10, 1000\n", (50.0, 10.0, 1000.0)),
        ("70, 3", None),
        ("[N/A], 10, 1000\n", None),
        ("", None),
    ],
)
def test_a_sample_is_whole_or_none(line: str, values: tuple[float, ...] | None) -> None:
    assert parse_sample(line) == values


def test_means_are_of_the_time_asked_for() -> None:
    load = Load([(float(at), (10.0 * at, 0.0, 100.0)) for at in range(5)])
    assert load.means(1.0, 3.0) == {
        "utilization.gpu, %": 20.0,
        "utilization.decoder, %": 0.0,
        "memory.used, MiB": 100.0,
    }
    assert load.means(7.0, 8.0) == {}


def test_cores_are_busier_after_work() -> None:
    before = busy_core_s()
    while busy_core_s() == before:
        sum(range(100_000))
    assert busy_core_s() > before
