from __future__ import annotations

import pytest

from lfr_batch.evaluation.charts import cmc_chart, det_chart, histogram_chart
from lfr_batch.evaluation.figures import EvaluationFigures
from lfr_batch.evaluation.plots import (
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    chart,
    even_axis,
    log_axis,
    percents,
    stairs,
)
from lfr_batch.evaluation.whole import whole
from tests.evaluation.made_up import mated, measured, stranger


def test_a_logarithmic_axis_has_a_tick_at_each_power_of_ten() -> None:
    axis = log_axis("FPIR", 0.0001, 1.0)
    assert axis.ticks == pytest.approx((0.0001, 0.001, 0.01, 0.1, 1.0))
    assert [axis.say(tick) for tick in axis.ticks[:2]] == ["0.01 %", "0.1 %"]
    assert axis.share(0.01) == pytest.approx(0.5)
    assert axis.share(0.0) == 0.0


@pytest.mark.parametrize(
    ("least", "most", "ticks"),
    [(0.0, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)), (1.0, 20.0, (5.0, 10.0, 15.0, 20.0))],
)
def test_an_even_axis_has_ticks_at_round_numbers(
    least: float, most: float, ticks: tuple[float, ...]
) -> None:
    assert even_axis("x", least, most, percents).ticks == pytest.approx(ticks)


def test_what_is_drawn_lies_inside() -> None:
    unit = even_axis("x", 0.0, 1.0, percents)
    drawn = chart("t", unit, unit, [("own", "n", [(0.0, 0.0), (1.0, 1.0), (2.0, 5.0)])])
    corner = f"{WIDTH - RIGHT},{TOP}"
    assert drawn.lines[0].points.split(" ") == [f"{LEFT},{drawn.bottom}", corner, corner]
    assert drawn.bottom < HEIGHT


def test_bars_that_do_not_touch_have_the_ground_between_them() -> None:
    outline = stairs([0.0, 0.1, 0.5], [1.0, 2.0, 3.0], 0.1)
    assert outline == [
        (0.0, 0.0),
        (0.0, 1.0),
        (0.1, 1.0),
        (0.1, 2.0),
        (0.2, 2.0),
        (0.2, 0.0),
        (0.5, 0.0),
        (0.5, 3.0),
        (0.6, 3.0),
        (0.6, 0.0),
    ]


def test_of_no_searches_there_is_no_chart() -> None:
    nothing = EvaluationFigures(())
    assert det_chart(nothing) is cmc_chart(nothing) is histogram_chart(nothing) is None


def test_charts_of_an_evaluation_without_an_error() -> None:
    """Nothing is missed: a logarithmic axis has no place for it."""
    probes = [mated(f"p{n}", 0.9) for n in range(40)] + [stranger(f"s{n}", 0.1) for n in range(40)]
    figures = EvaluationFigures(whole(measured(probes)))
    for drawn in (det_chart(figures), cmc_chart(figures), histogram_chart(figures)):
        assert drawn is not None
        assert "nan" not in "".join(line.points for line in drawn.lines)


@pytest.mark.parametrize("wrong", [1, 3, 40])
def test_the_mark_of_the_threshold_stands_where_its_rate_is(wrong: int) -> None:
    """One false alarm in 40 is less than the 3 with which the curve begins."""
    probes = [mated(f"p{n}", 0.9) for n in range(40)]
    probes += [stranger(f"s{n}", 0.6 if n < wrong else 0.1) for n in range(40)]
    drawn = det_chart(EvaluationFigures(whole(measured(probes))))
    assert drawn is not None
    [mark] = drawn.rules
    assert LEFT < mark.x <= WIDTH - RIGHT
    assert (mark.x == WIDTH - RIGHT) == (wrong == 40), "the edge is where the rate is 1"


def test_a_threshold_that_nobody_reaches_stands_beyond_all_scores() -> None:
    probes = [mated(f"p{n}", 0.3) for n in range(20)] + [stranger(f"s{n}", 0.1) for n in range(20)]
    drawn = histogram_chart(EvaluationFigures(whole(measured(probes))))
    assert drawn is not None
    [mark] = drawn.rules
    assert mark.x < WIDTH - RIGHT


def test_where_everybody_is_missed_as_often_the_interval_is_no_point() -> None:
    """Each of 20 people has two pictures, of which one is missed: all draws of people are alike."""
    probes = [mated(f"p{n}", own) for n in range(20) for own in (0.9, 0.15)]
    probes += [stranger(f"s{n}", 0.2) for n in range(40)]
    figures = EvaluationFigures(whole(measured(probes)))
    curve = figures.many("det")
    assert curve
    assert all(f.low is not None and f.high is not None and f.low < f.high for f in curve)
    fnir = figures.one("fnir")
    assert fnir is not None
    assert (fnir.value, fnir.method) == (0.5, "Clopper-Pearson")
    assert (fnir.low, fnir.high) == pytest.approx((0.272, 0.728), abs=0.001)
