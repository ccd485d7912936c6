from __future__ import annotations

import base64
import re
import stat
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from lfr_batch.errors import RunNotFound, StoreUnreachable
from lfr_batch.results import report
from lfr_batch.results.lake import open_lake
from lfr_batch.results.report import clock, write_report
from lfr_batch.results.store import Store
from tests.holding import publish_run

from .synthetic import LEFT_RUN_ID, RUN_ID, archive, draw_face, request, searched_run

ENROLLED = draw_face(77)


def enrolled(gallery: str, snapshot: str, image_ids: Sequence[str]) -> Mapping[str, bytes]:
    assert (gallery, snapshot) == ("custody", "s-0007")
    return {image_id: ENROLLED for image_id in image_ids if image_id != "S903-01"}


@pytest.fixture
def html(lake: duckdb.DuckDBPyConnection, finished: Store, tmp_path: Path) -> str:
    out = tmp_path / "reports" / "report.html"
    out.parent.mkdir()
    write_report(lake, finished, RUN_ID, out, enrolled)
    assert [p.name for p in out.parent.iterdir()] == ["report.html"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    return out.read_text(encoding="utf-8")


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_it_needs_nothing_from_outside_and_runs_nothing(html: str) -> None:
    tags = Tags(html).found
    assert not {tag for tag, _ in tags} & {"script", "link", "iframe", "object"}
    links = [a.get(n) or "" for _, a in tags for n in ("src", "href") if n in a]
    assert links
    assert all(link.startswith(("data:image/jpeg;base64,", "#")) for link in links)
    assert "url(http" not in html
    assert not re.search(r"\son\w+=", html)


def test_every_sighting_has_its_evidence_beside_the_enrolled_picture(html: str) -> None:
    cards = html.split('<article class="sighting">')[1:]
    strongest_first = sorted(archive().sightings, key=lambda s: -s.score)
    assert len(cards) == 4
    for card, sighting in zip(cards, strongest_first, strict=True):
        assert base64.b64encode(sighting.jpeg).decode() in card
        assert f"Enrolled picture of {sighting.subject_id}" in card
        assert f"{sighting.score:.3f}" in card
    assert html.count(base64.b64encode(ENROLLED).decode()) == 3


def test_when_and_where_in_both_clocks(html: str) -> None:
    gate = html.split('<article class="sighting">')[1]
    assert "Fri 30 Jan 2026, 22:00:12 UTC" in gate
    assert "0:00:12.2 to 0:00:20.4 in the file" in gate
    assert "CAM-1, Depot, north gate" in gate
    assert "archive/depot gate &lt;north&gt;.mp4" in gate


def test_who_asked_why_and_with_what(html: str) -> None:
    for fact in (
        "OP-LANTERN 12/26",
        "Insp. A. Example, AUTH-778",
        "Identify people at the depot on 30 January",
        "j.doe",
        "custody, s-0007",
        "open@1.0.0",
        "derived: so that about 1 in 100 unknown people bring up any candidate when each is "
        "compared with 110 gallery entries (false match rate of one comparison 9.1e-05)",
        "A person decides.",
    ):
        assert fact in html


def test_what_was_not_searched_comes_before_what_was_found(html: str) -> None:
    alarm = html.index("Not everything was searched.")
    assert alarm < html.index("<h2>Sightings")
    assert "1 of 5 files could not be searched at all, 1 only in part" in html
    for told in ("no video stream in it", "its worker was killed twice; cut off after 121.4 s"):
        assert told in html
    assert html.count('<rect class="lost"') == 2
    assert html.count('<rect class="seen"') == 3


def test_markup_in_names_stays_text(disk: Store, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    _, made = searched_run(disk)
    asked = request(purpose=evil, licence_statement=evil, threshold_source="override")
    publish_run(disk, asked, made.assets, made.segments, made.outcomes, made.sightings, "complete")
    write_report(open_lake(disk.uri), disk, RUN_ID, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 2
    assert "set by the operator" in text
    assert "no picture" in text


def test_only_the_strongest_are_shown_and_it_says_so(
    lake: duckdb.DuckDBPyConnection,
    finished: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "MAX_SIGHTINGS", 2)
    write_report(lake, finished, RUN_ID, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert text.count('<article class="sighting">') == 2
    assert "Sightings: 4" in text
    assert "The 2 strongest are shown" in text


def test_an_unfinished_run_says_so_first(
    lake: duckdb.DuckDBPyConnection, finished: Store, tmp_path: Path
) -> None:
    write_report(lake, finished, LEFT_RUN_ID, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "This run is not finished." in text
    assert f"lfr resume {LEFT_RUN_ID}" in text


def test_what_cannot_be_done(
    lake: duckdb.DuckDBPyConnection, finished: Store, tmp_path: Path
) -> None:
    with pytest.raises(RunNotFound, match=RUN_ID):
        write_report(lake, finished, "nope", tmp_path / "r.html")
    with pytest.raises(StoreUnreachable, match="No such file or directory; name another"):
        write_report(lake, finished, RUN_ID, tmp_path / "mistyped" / "r.html")
    assert not (tmp_path / "mistyped").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnreachable, match="--out"):
        write_report(lake, finished, RUN_ID, tmp_path / "file" / "r.html")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(0.0, "0:00:00.0"), (59.96, "0:01:00.0"), (3725.25, "1:02:05.2"), (None, "unknown")],
)
def test_clock(time_s: float | None, text: str) -> None:
    assert clock(time_s) == text
