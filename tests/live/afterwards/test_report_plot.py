from __future__ import annotations

from datetime import timedelta

import pytest

from lfr_batch.live.afterwards.report_plot import LEFT, RIGHT, WIDTH, plot
from lfr_batch.live.deployment.figures import (
    AlertFigures,
    MinuteFigures,
)
from tests.live.made import (
    STARTED,
    figures,
)


@pytest.mark.parametrize("minutes", [1, 59, 180, 181, 1440])
def test_the_plot_holds_whatever_the_deployment_s_length(minutes: int) -> None:
    last = minutes - 1
    made = plot(
        figures(
            ended_at=STARTED + timedelta(minutes=minutes, seconds=-1),
            minutes=(
                MinuteFigures(camera="north", minute=0, faces_seen=4),
                MinuteFigures(camera="south", minute=last, faces_seen=2, down_s=60.0),
            ),
            alerts=(AlertFigures(camera="south", minute=last, verdict="match"),),
        )
    )
    assert made.most_faces == (6 if minutes == 1 else 4)
    assert made.bin_minutes == -(-minutes // 180)
    shapes = [*made.faces, *(bar for strip in made.strips for bar in strip.lost)]
    for bar in shapes:
        assert LEFT <= bar.x <= bar.x + bar.width <= WIDTH - RIGHT + 0.5
    (mark,) = made.strips[1].marks
    assert (mark.kind, mark.number) == ("true", 1)
    assert LEFT < mark.x <= WIDTH - RIGHT
    assert 1 <= len(made.ticks) <= 10
