from __future__ import annotations

import csv
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.errors import ResultsError, RunNotFound, UsageError
from lfr_batch.live.afterwards.report import csv_row, share, write_live_report
from lfr_batch.live.deployment.changes import ChangeCounts
from lfr_batch.live.deployment.composition import Composition
from lfr_batch.live.deployment.figures import AlertFigures, CameraFigures, MinuteFigures
from lfr_batch.live.deployment.figures_file import load_figures, save_figures
from lfr_batch.live.deployment.watchlist_receipt import Receipt
from lfr_batch.live.records import Verdict
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_state import create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.holding import record_run
from tests.live.made import (
    DEPLOYMENT,
    ENDED,
    a_record,
    a_review,
    an_alert,
    figures,
    opened,
)
from tests.results.synthetic import request


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A deployment that is complete, whose alerts retention has deleted."""
    made = open_store(tmp_path / "results")
    asked = request(run_id=DEPLOYMENT, kind="live", software_version="0.1.0")
    create_run(made, asked, (), ())
    record_run(made, asked, "complete")
    save_figures(made, figures())
    return made


def written(store: Store, folder: Path, **more: Any) -> tuple[str, dict[str, str]]:
    path = folder / "report.html"
    csv_path = write_live_report(open_lake(store.uri), StoredRun(store, DEPLOYMENT), path, **more)
    (row,) = csv.DictReader(csv_path.read_text(encoding="utf-8").splitlines())
    return path.read_text(encoding="utf-8"), row


@pytest.mark.parametrize(
    ("verdicts", "per_face", "per_alert", "decided", "said"),
    [
        (
            {}, "0.0", "", "0",
            "0<br><span class=\"soft small\">0 of 1,000; 95 % interval 0 % to 0.368 %<br>0 of 0",
        ),
        ({None: 94}, "", "", "0", "not known <span class=\"soft small\">0 of 94 alerts decided"),
        (
            {None: 44, "no_match": 1, "match": 4},
            "", "", "5", "not known <span class=\"soft small\">5 of 49 alerts decided",
        ),
        ({"cannot_tell": 3}, "", "", "0", "not known <span class=\"soft small\">0 of 3 alerts"),
        (
            {"no_match": 1, "match": 48},
            "0.001", str(1 / 49), "49",
            "2.04 % (1 in 49)<br><span class=\"soft small\">1 of 49; 95 % interval "
            "0.0517 % to 10.9 %<br>49 of 49 alerts decided",
        ),
        (
            {"match": 4}, "0.0", "0.0", "4",
            "0<br><span class=\"soft small\">0 of 4; 95 % interval 0 % to 60.2 %<br>4 of 4 alerts",
        ),
    ],
    ids=["no alert", "nobody decided", "some", "cannot tell", "all", "all true"],
)  # fmt: skip
def test_there_is_no_rate_until_every_alert_is_decided(
    verdicts: dict[Verdict | None, int],
    per_face: str,
    per_alert: str,
    decided: str,
    said: str,
    store: Store,
    tmp_path: Path,
) -> None:
    alerts = tuple(
        AlertFigures(camera="north", minute=1, verdict=verdict, alerts=number)
        for verdict, number in verdicts.items()
    )
    save_figures(store, figures(alerts=alerts))
    html, row = written(store, tmp_path)
    assert row["false_alerts_per_face_seen"] == per_face
    assert row["false_alerts_per_alert"] == per_alert
    assert row["decided"] == decided
    assert said in html


def test_rates_have_intervals_beside_them_by_camera_too(store: Store, tmp_path: Path) -> None:
    alerts = (AlertFigures(camera="north", minute=1, verdict="no_match", alerts=2),)
    save_figures(store, figures(alerts=alerts))
    html, row = written(store, tmp_path)
    ends = {name: float(row[name]) for name in row if re.match("false_alerts.*_95_", name)}
    assert ends == pytest.approx(
        {
            "false_alerts_per_face_seen_95_low": 0.000242,
            "false_alerts_per_face_seen_95_high": 0.007206,
            "false_alerts_per_alert_95_low": 0.158114,
            "false_alerts_per_alert_95_high": 1.0,
        },
        abs=5e-7,
    )
    beside = '<br><span class="soft small">'
    assert f"0.222 % (1 in 450){beside}2 of 900<br>0.0269 % to 0.8 %</span>" in html
    assert (
        f'<td class="n">0{beside}0 of 100<br>0 % to 3.62 %</span></td><td class="n">–</td>' in html
    )
    assert "95 % interval (Clopper and Pearson)" in html


@pytest.mark.parametrize("faces", [0, 1])
def test_there_is_no_rate_of_no_faces_nor_of_fewer_than_alerts(
    faces: int, store: Store, tmp_path: Path
) -> None:
    alerts = (AlertFigures(camera="north", minute=1, verdict="no_match", alerts=2),)
    seen = (CameraFigures(camera="north", faces_seen=faces),)
    save_figures(store, figures(alerts=alerts, cameras=seen))
    html, row = written(store, tmp_path)
    assert {row[name] for name in row if name.startswith("false_alerts_per_face")} == {""}
    said = '<dd>– <span class="soft small">2 of 2 alerts decided</span></dd>'
    assert f"<dt>False-alert rate, per face seen</dt>{said}" in html


LISTED = Composition(
    entries=120,
    stated=True,
    categories={"wanted": 80, "court order": 38, "not stated": 2},
    sources={"custody": 120},
    ages={"up to 7 days": 90, "older": 30},
    reviewed=111,
    reviewed_within="1d",
    changes=ChangeCounts(deployment_id="d-1", new=12, gone=3, pictures=2, attributes=5),
)


def test_what_the_watchlist_was_made_of(store: Store, tmp_path: Path) -> None:
    save_figures(store, figures(watchlist=LISTED))
    html, row = written(store, tmp_path)
    said = {name.removeprefix("watchlist_"): row[name] for name in row if "watchlist" in name}
    assert said == {
        "size": "120",
        "by_category": "wanted=80; court order=38; not stated=2",
        "by_source": "custody=120",
        "by_age": "up to 7 days=90; older=30",
        "reviewed": "111",
        "reviewed_within": "1d",
        "compared_with": "d-1",
        "new": "12",
        "gone": "3",
        "other_pictures": "2",
        "other_attributes": "5",
        "destroyed_at": "2026-01-31T15:30:00+00:00",
    }
    for told in (
        "<strong>111 of 120 entries</strong> (92.5 %) were reviewed within 1 day before the start.",
        '<tr><td>court order</td><td class="n">38</td><td class="n">31.7 %</td></tr>',
        '<tr><td>older</td><td class="n">30</td><td class="n">25 %</td></tr>',
        "Since deployment d-1: 12 new, 3 gone, 2 with other pictures, 5 with other attributes.",
    ):
        assert told in html, told


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (Composition(entries=7, stated=False), "The 7 entries state no category, source, reason"),
        (Composition(entries=7, stated=False), "No deployment went before it with which"),
        (
            LISTED.model_copy(update={"changes": ChangeCounts(deployment_id="d-1", known=False)}),
            "What changed since deployment d-1 is not known: its watchlist could not be read",
        ),
        (
            LISTED.model_copy(update={"categories": {"=<b>": 120}, "reviewed_within": None}),
            "<td>=&lt;b&gt;</td>",
        ),
    ],
)
def test_what_is_not_known_of_the_watchlist_is_said(
    listed: Composition, said: str, store: Store, tmp_path: Path
) -> None:
    save_figures(store, figures(watchlist=listed))
    html, row = written(store, tmp_path)
    assert said in html
    unknown = not (listed.changes and listed.changes.known)
    assert (row["watchlist_new"] == "") is unknown
    assert (row["watchlist_reviewed"] == "") is not listed.stated
    assert not row["watchlist_by_category"].startswith("=")


def test_figures_of_before_have_no_watchlist(store: Store, tmp_path: Path) -> None:
    html, row = written(store, tmp_path)
    assert "<h2>Watchlist</h2>" not in html
    assert row["watchlist_by_category"] == row["watchlist_new"] == ""


def test_names_compute_nothing_in_a_spreadsheet_and_are_shown_in_the_page(
    store: Store, tmp_path: Path
) -> None:
    evil = "=HYPERLINK(1)\u202e\x1b[2J"
    record = replace(a_record(), place=evil, cameras=(evil,))
    save_figures(store, figures(record=record, alerts=()))
    html, row = written(store, tmp_path)
    assert row["place"] == f"'{evil}"
    assert row["alerts_by_camera"] == f"'{evil}=0"
    assert row["threshold"] == "0.45"
    assert html.count(r"=HYPERLINK(1)\u202e\x1b[2J") >= 3
    assert "\u202e" not in html
    assert "\x1b" not in html


def test_figures_are_kept_as_they_are(store: Store) -> None:
    assert load_figures(StoredRun(store, DEPLOYMENT)) == figures()
    assert load_figures(StoredRun(store, "another")) is None


def test_the_row_for_publication(store: Store, tmp_path: Path) -> None:
    _, row = written(store, tmp_path)
    expected = {
        "place": "High Street",
        "rehearsal": "no",
        "status": "complete",
        "window_starts_at": "2026-01-31T10:00:00+00:00",
        "watching_since": "",
        "ended_at": "2026-01-31T15:30:00+00:00",
        "ended_because": "it was stopped",
        "watchlist_size": "120",
        "threshold": "0.45",
        "target_false_alert_rate_per_face": "0.0001",
        "faces_seen": "1000",
        "alerts": "6",
        "true_alerts": "2",
        "false_alerts": "2",
        "unconfirmed": "2",
        "engagements": "4",
        "arrests": "1",
        "decided": "4",
        "false_alerts_per_face_seen": "",
        "false_alerts_per_alert": "",
        "decided_by_camera": "north=2; south=2",
        "alerts_by_camera": "north=2; south=4",
    }
    assert {name: row[name] for name in expected} == expected


def test_the_page_says_the_same(store: Store, tmp_path: Path) -> None:
    html, _ = written(store, tmp_path)
    for said in (
        "<h1>High Street</h1>",
        "2026-01-31 10:00+00:00",
        "Supt. A. Example",
        "0.450",
        "for a target of 0.01 % (1 in 10,000) false alerts per face seen",
        "<dt>Faces seen</dt><dd>1000</dd>",
        "<dt>False-alert rate, per face seen</dt><dd>not known "
        '<span class="soft small">4 of 6 alerts decided</span></dd>',
        "south without a picture for 62 s",
        "Sat 31 Jan 2026, 15:30:00 UTC",
    ):
        assert said in html, said
    rows = re.findall(r"<tr><td>(north|south|Together)</td><td class=\"n\">(\d+)</td>", html)
    assert rows == [("north", "900"), ("south", "100"), ("Together", "1000")]
    assert 'class="notice"' not in html


def test_what_was_not_delivered_is_said_with_the_command(store: Store, tmp_path: Path) -> None:
    save_figures(store, figures(undelivered={"parquet": 1, "webhook": 3}))
    html, _ = written(store, tmp_path)
    said = (
        "parquet lacks 1 alerts and reviews; webhook lacks 3 alerts and reviews. They are deleted"
    )
    assert said in html
    assert f"<code>lfr deliver {DEPLOYMENT} --config FILE</code>" in html


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_it_shows_nobody_and_needs_nothing_from_outside(store: Store, tmp_path: Path) -> None:
    html, _ = written(store, tmp_path)
    tags = Tags(html).found
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "image", "iframe", "object"}
    assert not any("src" in a or "href" in a for _, a in tags)
    assert "data:" not in html
    for path in tmp_path.glob("report.*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_markup_in_names_stays_text(store: Store, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    save_figures(store, figures(name=evil, record=replace(a_record(), place=evil)))
    html, _ = written(store, tmp_path)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 3


@pytest.fixture
def reviewed(store: Store, tmp_path: Path) -> None:
    """The lake has six alerts; three of them were decided on after the figures were written."""
    router = opened(tmp_path / "home", store)
    for number in range(6):
        router.raise_alert(an_alert(number))
    for number, verdict in enumerate(("no_match", "match", "match")):
        router.review(a_review(f"a{number:04d}", verdict, number=number))  # type: ignore[arg-type]
    router.review(a_review("a0000", "match", "arrested", number=9))
    while any(state.waiting for state in router.sink_states()):
        router.events(0, 0.05)
    router.close()


@pytest.mark.usefixtures("reviewed")
def test_decisions_are_those_of_the_lake_where_it_has_every_alert(
    store: Store, tmp_path: Path
) -> None:
    _, row = written(store, tmp_path)
    assert (row["true_alerts"], row["false_alerts"], row["unconfirmed"]) == ("3", "0", "3")
    assert (row["arrests"], row["faces_seen"]) == ("1", "1000")


@pytest.mark.usefixtures("reviewed")
def test_alerts_that_retention_deleted_stay_counted(store: Store, tmp_path: Path) -> None:
    store.delete(f"alerts/run_id={DEPLOYMENT}/a0000.parquet")
    _, row = written(store, tmp_path)
    assert (row["true_alerts"], row["false_alerts"], row["unconfirmed"]) == ("2", "2", "2")


def test_what_is_not_over_says_so(store: Store, tmp_path: Path) -> None:
    asked = request(run_id=DEPLOYMENT, kind="live", software_version="0.1.0")
    save_figures(store, figures(ended_at=None, reason=None, watchlist_gone_at=None))
    record_run(store, asked, "running")
    with lock_run(StoredRun(store, DEPLOYMENT)):
        html, row = written(store, tmp_path)
    assert "This deployment is not over." in html
    html, row = written(store, tmp_path)
    assert "This deployment was cut off:" in html
    assert "next <code>lfr live</code>" in html
    assert (row["status"], row["ended_at"]) == ("interrupted", "")
    gone = Receipt(DEPLOYMENT, "w", "s", "its process had died", "x", ENDED, (), verified_gone=True)
    html, row = written(store, tmp_path, receipt=gone)
    assert "next <code>lfr live</code>" not in html
    assert row["watchlist_destroyed_at"] == "2026-01-31T15:30:00+00:00"
    record_run(store, asked, "failed", error="no room left")
    assert "This deployment failed: </strong>no room left" in written(store, tmp_path)[0]


def test_a_camera_that_gave_no_picture_is_named(store: Store, tmp_path: Path) -> None:
    north, south = figures().cameras
    dark = south.model_copy(update={"frames_received": 0})
    save_figures(store, figures(cameras=(north, dark)))
    assert "Camera south gave no picture." in written(store, tmp_path)[0]


def test_what_cannot_be_done(store: Store, tmp_path: Path) -> None:
    lake = open_lake(store.uri)
    with pytest.raises(RunNotFound, match=DEPLOYMENT):
        write_live_report(lake, StoredRun(store, "nope"), tmp_path / "r.html")
    with pytest.raises(UsageError, match="name the HTML file"):
        write_live_report(lake, StoredRun(store, DEPLOYMENT), tmp_path / "r.csv")
    path = f"_state/run_id={DEPLOYMENT}/deployment.json"
    store.write_atomic(path, b"{}")
    with pytest.raises(ResultsError, match=r"deployment\.json .* is damaged"):
        write_live_report(lake, StoredRun(store, DEPLOYMENT), tmp_path / "r.html")
    store.delete(path)
    with pytest.raises(ResultsError, match=r"the figures of deployment .* are not in"):
        write_live_report(lake, StoredRun(store, DEPLOYMENT), tmp_path / "r.html")
    assert list(tmp_path.glob("r.*")) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0"), (0.0001, "0.01 % (1 in 10,000)"), (1.0, "100 % (1 in 1)")],
)
def test_share(value: float | None, text: str) -> None:
    assert share(value) == text


def test_outages_restarts_and_what_was_lost_are_told(store: Store, tmp_path: Path) -> None:
    north, south = figures().cameras
    save_figures(
        store,
        figures(
            cameras=(north.model_copy(update={"blind_s": 7.5}), south),
            minutes=(
                *figures().minutes,
                MinuteFigures(camera="north", minute=30, down_s=2.0, blind_s=7.5),
            ),
            restarts={"camera north": 2, "router": 1},
            unkept=3,
        ),
    )
    html, row = written(store, tmp_path)
    assert "3 alerts that were shown are lost, since the disk had no room to keep them." in html
    assert "10:30: north without a picture for 2 s, not looked at for 8 s" in html
    assert "lost and started anew: camera north=2; router=1." in html
    assert '<td class="n">0:00:07.5</td>' in html
    assert (row["restarts"], row["alerts_not_kept"]) == ("camera north=2; router=1", "3")
    assert row["without_picture_s_by_camera"] == "north=0.0; south=61.5"
    assert row["not_looked_at_s_by_camera"] == "north=7.5; south=0.0"
    quiet, row = figures(), csv_row(figures(), "complete")
    save_figures(store, quiet)
    html, _ = written(store, tmp_path)
    assert "started anew:" not in html
    assert "Not every alert is kept" not in html
    assert row["counted"] == "exactly"


@pytest.mark.parametrize(
    "changes", [{"ended_at": None, "reason": None}, {"cut_off": True}], ids=["killed", "no word"]
)
def test_what_was_cut_off_counts_at_least(
    changes: dict[str, Any], store: Store, tmp_path: Path
) -> None:
    record_run(store, request(run_id=DEPLOYMENT, kind="live"), "running")  # and nobody holds it
    save_figures(store, figures(**changes))
    html, row = written(store, tmp_path)
    assert "<dt>Faces seen</dt><dd>at least 1000</dd>" in html
    assert "<dt>Alerts</dt><dd>at least 6</dd>" in html
    assert (row["counted"], row["faces_seen"]) == ("at least", "1000")


def test_a_threshold_beyond_the_calibrated_range_is_told(store: Store, tmp_path: Path) -> None:
    said = "The threshold is beyond the calibrated range."
    html, row = written(store, tmp_path)
    assert (said in html, row["threshold_beyond_calibration"]) == (False, "no")
    save_figures(store, figures(extrapolated=True))
    html, row = written(store, tmp_path)
    assert (said in html, row["threshold_beyond_calibration"]) == (True, "yes")
