"""A volunteer's alert is shown and counts as none, whoever asks and after whatever happens."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.live.afterwards.retention import Sweep, sweep
from lfr_batch.live.alerts.codec import _pieces, decode_alert, encode_alert, message
from lfr_batch.live.deployment.folders import router_folder
from lfr_batch.live.deployment.tally import Tally
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from tests.live.conftest import Restarts
from tests.live.made import DEPLOYMENT, STARTED, a_record, a_review, an_alert
from tests.live.receiver import eventually
from tests.live.seeded import seed


@pytest.fixture
def seeded(tmp_path: Path) -> Path:
    seed(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("seeded")
def test_it_is_raised_and_counts_as_none_also_after_a_new_start(start: Restarts) -> None:
    router = start()
    assert router.raise_alert(an_alert(0))
    assert router.raise_alert(an_alert(7))
    for each in (router, start()):
        assert [(a.subject_id, a.volunteer) for a in each.alerts()] == [
            ("S007", False), ("S000", True),
        ]  # fmt: skip
        assert (each.counts().alerts, each.counts().unconfirmed) == (1, 1)


def test_the_same_person_is_an_alert_where_nobody_is_a_volunteer(start: Restarts) -> None:
    router = start()
    router.raise_alert(an_alert(0))
    assert (router.alerts()[0].volunteer, router.counts().alerts) == (False, 1)


@pytest.mark.usefixtures("seeded")
def test_passes_may_follow_each_other_where_alerts_may_not(start: Restarts) -> None:
    router = start()
    for number in (0, 7):
        for after_s in (0, 11):
            moment = STARTED + timedelta(seconds=after_s)
            alert = an_alert(number, alert_id=f"a{number}-{after_s}", captured_at=moment)
            assert router.raise_alert(alert) is (number == 0 or after_s == 0)


@pytest.mark.usefixtures("seeded")
def test_nobody_can_decide_about_it(start: Restarts) -> None:
    router = start()
    router.raise_alert(an_alert(0))
    with pytest.raises(UsageError, match="S000 is a volunteer who passes on purpose"):
        router.review(a_review("a0000"))
    assert router.reviews() == ()


def test_the_tally_counts_it_apart(start: Restarts, seeded: Path) -> None:
    router = start()
    for number in (0, 1, 7):
        router.raise_alert(an_alert(number))
    tally = Tally(router_folder(seeded, DEPLOYMENT), DEPLOYMENT, STARTED)
    tally.read_spool()
    assert sum(group.alerts for group in tally.alerts()) == 1
    assert sorted(each.subject_id for each in tally.recognitions.values()) == ["S000", "S001"]


@pytest.mark.parametrize("is_known", [True, False])
def test_it_counts_as_none_once_it_is_deleted(
    start: Restarts, seeded: Path, is_known: bool
) -> None:
    now = datetime.now(UTC)
    router = start(record=a_record(now, keep_h=1000.0), retention={"hours": 10.0})
    for number in (0, 7):
        router.raise_alert(an_alert(number))
    tally = Tally(router_folder(seeded, DEPLOYMENT), DEPLOYMENT, now)
    if is_known:
        tally.read_spool()
    (done,) = sweep(Sweep(seeded, (), now + timedelta(hours=11), "j.doe"))
    tally.read_spool()
    assert (done.alerts, router.alerts()) == (2, ())
    assert router.counts().alerts == sum(group.alerts for group in tally.alerts()) == 1
    assert len(tally.recognitions) == is_known


def test_the_lake_and_messages_say_it(start: Restarts, seeded: Path) -> None:
    router = start()
    for number in (0, 7):
        router.raise_alert(an_alert(number))
    assert eventually(lambda: router.sink_states()[0].waiting == 0)
    lake = open_lake(seeded / "results")
    rows = run_query(lake, "SELECT subject_id, volunteer FROM alerts ORDER BY ALL").to_pylist()
    assert [*map(dict, rows)] == [
        {"subject_id": "S000", "volunteer": True},
        {"subject_id": "S007", "volunteer": False},
    ]
    assert [message(alert)["volunteer"] for alert in router.alerts()] == [False, True]


def test_an_alert_of_before_is_no_volunteers() -> None:
    plain, *pictures = _pieces(encode_alert(an_alert(volunteer=True)))
    old = {name: value for name, value in json.loads(plain).items() if name != "volunteer"}
    pieces = (json.dumps(old).encode(), *pictures)
    data = b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)
    assert decode_alert(data) == an_alert()
    assert decode_alert(encode_alert(an_alert(volunteer=True))).volunteer
