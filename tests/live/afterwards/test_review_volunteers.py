from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lfr_batch.live.afterwards.reopen import Reopening
from lfr_batch.live.afterwards.review import Opened, review
from tests.live.made import DEPLOYMENT, a_config, a_record, a_review, an_alert, opened
from tests.live.seeded import seed


def test_nobody_has_to_decide_about_volunteers(tmp_path: Path) -> None:
    seed(tmp_path)
    router = opened(tmp_path, record=a_record(datetime.now(UTC)))
    for number in (0, 1, 7):
        router.raise_alert(an_alert(number))
    router.close()
    left: list[int] = []

    def decide(late: Opened) -> None:
        left.append(late.undecided())
        late.router.review(a_review("a0007"))
        left.append(late.undecided())

    done = review(Reopening(tmp_path, DEPLOYMENT, a_config(), "j.doe"), decide)
    assert left == [1, 0]
    assert (done.decisions, done.undecided) == (1, 0)
