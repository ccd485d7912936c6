"""Footage that a bucket refused when a run was planned is searched once it can be got at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from benchmarks.faulty_proxy import faulty_proxy
from lfr_batch import __version__
from lfr_batch.config.schema import Config, FootageConfig, S3Config
from lfr_batch.footage import catalogue
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import FootageAsset, FootageEntry, Segment, SegmentOutcome
from lfr_batch.results.ledger import read_outcomes
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.run_state import (
    create_run,
    planned_by,
    read_catalogue,
    read_plan,
    write_plan,
)
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning import probed_again
from lfr_batch.scanning.execute import Means, Resumption, RunResult, execute_run
from lfr_batch.scanning.progress import UNHEARD, Progress, Unheard
from lfr_batch.storage import s3_client
from tests.footage.clips import write_clip
from tests.results.synthetic import RUN_ID, request
from tests.s3_servers import SESSION, moto_server, new_bucket

AGAIN = Resumption(probe_again=True)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture
def archive(endpoint: str, tmp_path: Path) -> Iterator[str]:
    """A prefix with two clips."""
    with new_bucket(endpoint, tmp_path) as name:
        client = SESSION.client("s3", endpoint_url=endpoint)
        clip = write_clip(tmp_path / "clip.mp4", 50).read_bytes()
        for key in ("a/open.mp4", "a/shut.mp4"):
            client.put_object(Bucket=name, Key=key, Body=clip)
        yield f"s3://{name}/a"


@contextmanager
def shut(part: str) -> Iterator[None]:
    """Whatever is asked of keys with this in their name is refused."""

    def refuse(params: dict[str, Any], **_: object) -> None:
        if part in params["Key"]:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")

    events = s3_client.client(S3Config()).meta.events
    for operation in ("HeadObject", "GetObject"):
        events.register(f"before-parameter-build.s3.{operation}", refuse)
    try:
        yield
    finally:
        for operation in ("HeadObject", "GetObject"):
            events.unregister(f"before-parameter-build.s3.{operation}", refuse)


def probed(uri: str) -> FootageAsset:
    entry = FootageEntry(uri, camera_id="7", start_utc=datetime(2026, 1, 30, tzinfo=UTC))
    (asset,) = catalogue.probe(entry, FootageConfig(), S3Config())
    return replace(asset, keyframes_ns=())


class Heard(Unheard):
    """What the operator is told; ``then`` is what is done about a pause."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.told: list[str] = []
        self._then = then

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)
        if sentence.startswith("Paused"):
            self._then()


def drive(run: StoredRun, resumption: Resumption, progress: Progress = UNHEARD) -> RunResult:
    def search(
        _: object, __: object, groups: Iterable[tuple[Segment, ...]], *___: int
    ) -> Iterator[Any]:
        for group in groups:
            yield tuple(receipt(segment) for segment in group)

    @contextmanager
    def opened(_: object, *__: object) -> Iterator[Any]:
        yield search

    return execute_run(run, Means(opened), progress, resumption)


def receipt(segment: Segment) -> SegmentOutcome:
    return SegmentOutcome(
        segment.segment_id,
        segment.footage_id,
        segment.start_s,
        segment.end_s,
        "done",
        attempt=segment.attempt,
        frames_decoded=50,
    )


@pytest.fixture
def run(archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoredRun:
    """Planned while one of the two was shut."""
    monkeypatch.setattr(probed_again, "_pack_of", lambda *_: None)
    monkeypatch.setattr(probed_again, "result_key", lambda *_: "key")
    with shut("shut"):
        assets = [probed(f"{archive}/{name}.mp4") for name in ("open", "shut")]
    assert [(asset.status, asset.retryable) for asset in assets] == [
        ("ok", False),
        ("failed", True),
    ]
    segments = plan_segments(assets[0], 60.0, "key")
    store = open_store(tmp_path / "lake")
    asked = request(config=Config().model_dump(mode="json"), software_version=__version__)
    create_run(store, asked, assets, segments)
    return StoredRun(store, RUN_ID)


def test_what_was_refused_is_searched_when_it_is_not_any_more(run: StoredRun, archive: str) -> None:
    assert drive(run, Resumption()).status == "complete_with_failures"
    with shut("shut"):
        assert drive(run, AGAIN).status == "complete_with_failures"
        assert planned_by(run) == "", "nothing is written where nothing is found"
    result = drive(run, AGAIN)
    assert result.status == "complete"
    whole = [probed(f"{archive}/{name}.mp4") for name in ("open", "shut")]
    assert list(result.assets) == whole == list(read_catalogue(run))
    planned = [segment for asset in whole for segment in plan_segments(asset, 60.0, "key")]
    assert list(read_plan(run)) == planned
    assert read_outcomes(run).keys() == {segment.segment_id for segment in planned}
    row = latest_row(run)
    assert row is not None
    assert row["segments_done"] == len(planned) == 2
    assert drive(run, AGAIN).status == "complete"


def test_a_file_that_is_gone_by_now_is_said_to_be(run: StoredRun, archive: str) -> None:
    drive(run, Resumption())
    bucket = archive.removeprefix("s3://").partition("/")[0]
    s3_client.client(S3Config()).delete_object(Bucket=bucket, Key="a/shut.mp4")
    result = drive(run, AGAIN)
    assert result.status == "complete_with_failures"
    assert not result.assets[1].retryable
    assert "does not exist" in (result.assets[1].error or "")
    before = latest_row(run)
    assert drive(run, AGAIN).status == "complete_with_failures"
    assert latest_row(run) == before


def test_credentials_that_run_out_while_probing_are_waited_for(
    run: StoredRun, endpoint: str, archive: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive(run, Resumption())
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with faulty_proxy(endpoint) as proxy, monkeypatch.context() as patch, ExitStack() as expired:
        patch.setenv("AWS_ENDPOINT_URL", proxy.address)
        s3_client.client.cache_clear()
        expired.enter_context(proxy.expired())
        heard = Heard(then=expired.close)
        assert drive(run, AGAIN, heard).status == "complete"
    paused, goes_on = heard.told[-2:]
    assert "have run out" in paused
    assert "answers again" in goes_on


def test_what_a_holder_before_wrote_takes_nothing_back(run: StoredRun) -> None:
    """However late it arrives."""
    assets, segments = read_catalogue(run), read_plan(run)
    with lock_run(run) as first:
        pass
    with lock_run(run) as second:
        write_plan(second, assets[:1], segments)
    for name in ("plan.parquet", "catalogue.parquet"):
        late = run.state("planned", first.epoch, name)
        run.store.write_atomic(late, run.store.read(run.state(name)))
    assert planned_by(run) == second.epoch
    assert read_catalogue(run) == assets[:1]


@pytest.mark.parametrize(("source", "told"), [("manifest", True), ("filename", False)])
def test_what_a_manifest_told_is_kept(source: str, told: bool) -> None:
    at = datetime(2026, 1, 30, tzinfo=UTC)
    asset = FootageAsset(
        "f",
        "s3://b/k",
        "video",
        "failed",
        camera_id="7",
        site="gate",
        start_utc=at,
        start_source=source,
        rotation_deg=90,
        aspect=1.5,
    )
    entry = FootageEntry("s3://b/k", "7", "gate", at if told else None, 90, 1.5)
    assert probed_again.entry_of(asset) == entry
