from __future__ import annotations

import base64
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.errors import RunNotFound, StoreFull, StoreUnreachable
from lfr_batch.results import report
from lfr_batch.results.lake import open_lake
from lfr_batch.results.report import write_report
from lfr_batch.results.report_page import save_report
from lfr_batch.results.run_state import create_run
from lfr_batch.results.sql import Lake
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.holding import publish_run
from tests.live.full_disk import filled, small_disk
from tests.synced import synced

from .synthetic import (
    LEFT_RUN_ID,
    RUN_ID,
    archive,
    draw_face,
    outcome,
    request,
    searched_run,
)

ENROLLED = draw_face(77)


def enrolled(gallery: str, snapshot: str, image_ids: Sequence[str]) -> Mapping[str, bytes]:
    assert (gallery, snapshot) == ("custody", "s-0007")
    return {image_id: ENROLLED for image_id in image_ids if image_id != "S903-01"}


@pytest.fixture(scope="module")
def html(lake: Lake, finished: Store, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("reports") / "report.html"
    write_report(lake, StoredRun(finished, RUN_ID), out, enrolled)
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
    cards = html.split('<article class="sighting"')[1:]
    strongest_first = sorted(archive().sightings, key=lambda s: -s.score)
    assert len(cards) == 4
    for card, sighting in zip(cards, strongest_first, strict=True):
        assert base64.b64encode(sighting.jpeg).decode() in card
        assert f"Enrolled picture of {sighting.subject_id}" in card
        assert f"{sighting.score:.3f}" in card
    assert html.count(base64.b64encode(ENROLLED).decode()) == 3


def test_when_and_where_in_both_clocks(html: str) -> None:
    gate = html.split('<article class="sighting"')[1]
    assert "Fri 30 Jan 2026, 22:00:12 UTC" in gate
    assert "(by the manifest)" in gate
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
        "computed on OpenVINO bf16 (embedder.onnx f32), decoded by processors",
        "A person decides.",
    ):
        assert fact in html


def test_what_was_not_searched_comes_before_what_was_found(html: str) -> None:
    alarm = html.index("Not everything was searched.")
    assert alarm < html.index("<h2>Sightings")
    assert "Of 5 files 1 could not be searched at all, 1 searched only in part (faulty)." in html
    for told in ("no video stream in it", "its worker was killed twice; cut off after 121.4 s"):
        assert told in html
    assert html.count('<rect class="lost"') == 2
    assert html.count('<rect class="seen"') == 3


def test_markup_in_names_stays_text(disk: Store, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    _, made = searched_run(disk)
    asked = request(purpose=evil, licence_statement=evil, threshold_source="override")
    publish_run(disk, asked, made.assets, made.segments, made.outcomes, made.sightings, "complete")
    write_report(open_lake(disk.uri), StoredRun(disk, RUN_ID), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 2
    assert "set by the operator" in text
    assert "no picture" in text


def test_only_the_strongest_are_shown_and_it_says_so(
    lake: Lake,
    finished: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "MAX_SIGHTINGS", 2)
    write_report(lake, StoredRun(finished, RUN_ID), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert text.count('<article class="sighting"') == 2
    assert "Sightings: 4" in text
    assert "The 2 strongest are shown" in text


def test_an_unfinished_run_says_so_first(lake: Lake, finished: Store, tmp_path: Path) -> None:
    write_report(lake, StoredRun(finished, LEFT_RUN_ID), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "This run is not finished." in text
    assert f"lfr resume {LEFT_RUN_ID}" in text


def test_what_cannot_be_done(lake: Lake, finished: Store, tmp_path: Path) -> None:
    with pytest.raises(RunNotFound, match=RUN_ID):
        write_report(lake, StoredRun(finished, "nope"), tmp_path / "r.html")
    with pytest.raises(StoreUnreachable, match="No such file or directory; name another"):
        write_report(lake, StoredRun(finished, RUN_ID), tmp_path / "mistyped" / "r.html")
    assert not (tmp_path / "mistyped").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnreachable, match="--out"):
        write_report(lake, StoredRun(finished, RUN_ID), tmp_path / "file" / "r.html")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_is_called_that_and_the_old_report_stays(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        out = disk / "r.html"
        save_report(out, ["old"])
        with filled(disk), pytest.raises(StoreFull, match="is full; free space or name another"):
            save_report(out, ["new"] * 10_000)
        assert [(path.name, path.read_text()) for path in disk.iterdir()] == [("r.html", "old")]


def test_a_report_is_there_after_a_power_cut_too(tmp_path: Path) -> None:
    with synced() as order:
        save_report(tmp_path / "r.html", ["<p>", "è"])
    assert order[-1] == tmp_path
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == "<p>è"


NASTY = "[b]\x1b[31m\n\u202egpj.=1<i>&'\".mp4"
WORDS = {
    "ok": "searched whole",
    "partly": "in part, by design or limit",
    "damaged": "in part: it is faulty",
    "failed": "could not be searched",
    "never": "never searched",
}


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report in which nobody was found, of one file of each kind."""
    folder = tmp_path_factory.mktemp("five")
    store = open_store(folder / "lake")
    store_five(store)
    write_report(open_lake(store.uri), StoredRun(store, RUN_ID), folder / "five.html")
    return (folder / "five.html").read_text(encoding="utf-8")


def store_five(store: Store) -> None:
    gate, *_ = archive().assets
    assets = tuple(
        replace(gate, footage_id=f"f-{kind}", uri=f"archive/{kind}.mp4", camera_id=None)
        for kind in WORDS
    )
    changes: dict[str, dict[str, Any]] = {
        "ok": {},
        "partly": {"unsearched": "its second minute goes by too fast", "unsearched_s": 30.0},
        "damaged": {"status": "failed", "error": "it breaks off after 20 s", "media_s": 20.0},
        "failed": {"status": "failed", "error": "it is gone", "media_s": 0.0, "frames_decoded": 0,
                   "frames_analysed": 0, "faces_detected": 0, "faces_rejected": 0},
    }  # fmt: skip
    plan, outcomes = [], {}
    for asset in assets:
        first = replace(archive().segments[0], footage_id=asset.footage_id, uri=asset.uri)
        segment = replace(first, segment_id=asset.footage_id, end_ns=180_000_000_000)
        plan.append(segment)
        kind = asset.footage_id.removeprefix("f-")
        if kind in changes:
            outcomes[segment.segment_id] = replace(outcome(segment, ()), **changes[kind])
    asked = request()
    create_run(store, asked, assets, tuple(plan))
    publish_run(store, asked, assets, plan, outcomes, (), "complete_with_failures")


@pytest.mark.parametrize("kind", WORDS)
def test_each_file_is_said_to_be_what_it_is(five: str, kind: str) -> None:
    row = re.findall(rf"<tr><td><strong>{kind}\.mp4.*?</tr>", five)
    line = re.findall(rf"<h3><span>{kind}\.mp4.*?</p>", five, re.DOTALL)
    if kind == "ok":
        assert (row, line) == ([], [])
        assert "1 file searched whole, nobody of the gallery seen" in five
        return
    assert WORDS[kind] in row[0]
    assert WORDS[kind] in line[0]
    nobody = kind in {"partly", "damaged"}
    assert ("nobody of the gallery in what was searched" in line[0]) == nobody
    assert ("nothing of it was searched: nobody can be ruled out" in line[0]) != nobody


def test_the_unsearched_share_stands_beside_the_reason(five: str) -> None:
    (partly,) = re.findall(r"<tr><td><strong>partly\.mp4.*?</tr>", five)
    assert "its second minute goes by too fast" in partly
    assert "14 % not looked at" in partly
    (damaged,) = re.findall(r"<tr><td><strong>damaged\.mp4.*?</tr>", five)
    assert "89 % not looked at" in damaged
    assert (
        "Of 5 files 1 could not be searched at all, 1 never searched, 1 searched only in part "
        "(faulty), 1 searched only in part (by design or limit)." in five
    )


def test_nobody_is_not_said_where_nothing_was_searched(disk: Store, tmp_path: Path) -> None:
    assets = tuple(a for a in archive().assets if a.status == "failed")
    asked = request()
    create_run(disk, asked, assets, ())
    publish_run(disk, asked, assets, (), {}, (), "complete_with_failures")
    write_report(open_lake(disk.uri), StoredRun(disk, RUN_ID), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Nothing was searched, so nobody can be ruled out." in text
    assert "in what was searched" not in text


def test_names_are_shown_as_they_are_and_do_nothing(disk: Store, tmp_path: Path) -> None:
    _, made = searched_run(disk)
    asked = request(case_ref=NASTY)
    assets = [replace(a, uri=NASTY, camera_id=NASTY, site=NASTY) for a in made.assets]
    publish_run(disk, asked, assets, made.segments, made.outcomes, made.sightings, "complete")
    write_report(open_lake(disk.uri), StoredRun(disk, RUN_ID), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    shown = r"[b]\x1b[31m\n\u202egpj.=1&lt;i&gt;&amp;&#39;&#34;.mp4"
    assert f"<title>Run {RUN_ID} · {shown}</title>" in text
    assert text.count(shown) > 15
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<i>&" not in text


def test_streams_and_recordings_of_one_file_are_told_apart(disk: Store, tmp_path: Path) -> None:
    made = archive()
    gate, yard, *rest = made.assets
    assets = (replace(gate, stream=0), replace(yard, uri=gate.uri, stream=1, recording=2), *rest)
    asked = request()
    create_run(disk, asked, assets, made.segments)
    publish_run(disk, asked, assets, made.segments, made.outcomes, made.sightings, "complete")
    write_report(open_lake(disk.uri), StoredRun(disk, RUN_ID), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    for part in ("(video stream 1, recording 1)", "(video stream 2, recording 2)"):
        assert f"<strong>depot gate &lt;north&gt;.mp4</strong> {part}" in text
    assert "phone.mov</strong> (" not in text
    assert "Of 4 files 1 could not be searched at all, 1 searched only in part (faulty)" in text


def test_searched_never_exceeds_the_whole_and_what_is_unknown_is_said(
    disk: Store, tmp_path: Path
) -> None:
    made = archive()
    gate, yard, *rest = made.assets
    assets = (replace(gate, duration_s=1.0), replace(yard, duration_s=2e9), *rest)
    asked = request()
    create_run(disk, asked, assets, made.segments)
    publish_run(disk, asked, assets, made.segments, made.outcomes, made.sightings, "complete")
    write_report(open_lake(disk.uri), StoredRun(disk, RUN_ID), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "0:05:00.0 of 0:05:00.0 (h:mm:ss) and 2 files of unknown length, in 5 files" in text


def test_pages_of_a_still_are_told_apart(disk: Store, tmp_path: Path) -> None:
    made = archive()
    *assets, still, broken = made.assets
    pages = replace(still, uri="archive/pages.tif", pictures=3)
    found = tuple(
        replace(s, picture=2) if s.footage_id == still.footage_id else s for s in made.sightings
    )
    asked = request()
    create_run(disk, asked, (*assets, pages, broken), made.segments)
    publish_run(
        disk, asked, (*assets, pages, broken), made.segments, made.outcomes, found, "complete"
    )
    write_report(open_lake(disk.uri), StoredRun(disk, RUN_ID), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<strong>pages.tif</strong> (picture 2 of 3)" in text
    assert "S014 (0.45), picture 2 of 3" in text
