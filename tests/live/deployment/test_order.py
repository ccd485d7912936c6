"""What may not begin, and what a deployment that may begin is made of."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.config.live import AlertsConfig, CameraConfig, LiveConfig, WebhookConfig
from lfr_batch.config.policy import WatchlistPolicy
from lfr_batch.errors import LfrError
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.deployment.order import LiveOrder, make_deployment
from lfr_batch.models.devices import cuda_is_usable
from tests.deploying import deployable, order, own_home
from tests.gallery.publisher import publish
from tests.one_case import Casework
from tests.refused import refused

Change = Callable[[LiveConfig], LiveConfig]


def with_(section: str, **changes: Any) -> Change:
    def changed(config: LiveConfig) -> LiveConfig:
        new = getattr(config, section).model_copy(update=changes)
        return config.model_copy(update={section: new})

    return changed


def camera(source: str) -> Change:
    return lambda config: config.model_copy(
        update={"cameras": (CameraConfig(name="north", source=source),)}
    )


def both(*changes: Change) -> Change:
    def changed(config: LiveConfig) -> LiveConfig:
        for change in changes:
            config = change(config)
        return config

    return changed


HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)
STREET = camera("rtsp://host/1")
REFUSED: dict[str, tuple[Change, str]] = {
    "a street as a rehearsal": (STREET, "nobody may watch a street as a rehearsal"),
    "no authority": (with_("deployment", authority=" "), "deployment.authority must be stated"),
    "no case": (with_("deployment", case="\t"), "deployment.case must be stated"),
    "no officer": (
        with_("deployment", authorising_officer=" "),
        "deployment.authorising_officer must be stated",
    ),
    "an old watchlist": (with_("watchlist", max_age_h=24.0), "Watchlist 'people' expired"),
    "no watchlist": (with_("watchlist", gallery="nobody"), "There is no gallery 'nobody'"),
    "no snapshot": (with_("watchlist", snapshot="0" * 12), "has no snapshot '000000000000'"),
    "no pack": (lambda config: config.model_copy(update={"pack": "none"}), "pack 'none'"),
    "no such file": (camera("nowhere.mp4"), "nowhere.mp4 of camera north is not there"),
    "no such source": (camera("ftp://host/x"), "is of no known kind"),
    "no password": (camera("rtsp://u:${NO_SUCH}@host/x"), "environment variable NO_SUCH"),
    "no secret": (
        with_("alerts", webhook=WebhookConfig(url="http://h/", secret_env="NO_SUCH")),
        "set the environment variable NO_SUCH",
    ),
    "a target out of reach": (with_("decide", target_fpir=1e-30), "No threshold keeps to"),
}  # fmt: skip


NO_REHEARSAL: dict[str, tuple[Change, str]] = {
    "too early": (
        both(STREET, with_("deployment", starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)),
        "which has not begun",
    ),
    "too late": (both(STREET, with_("deployment", ends_at=NOW - HOUR / 60)), "which ended"),
    "a file": (both(), "Camera north is a file, and a deployment looks at a street"),
}


@pytest.mark.parametrize("what", [*REFUSED, *NO_REHEARSAL])
def test_what_may_not_begin(what: str, casework: Casework, tmp_path: Path) -> None:
    change, says = {**REFUSED, **NO_REHEARSAL}[what]
    home = own_home(casework, tmp_path)
    config = change(deployable(casework, {"north": "walk.mp4"}))
    with pytest.raises(LfrError) as caught:
        make_deployment(order(config, home, rehearse=what in REFUSED), datetime.now(UTC))
    assert caught.value.exit_code == 2
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (home / "live").exists()


def test_a_watchlist_of_another_pack(casework: Casework, tmp_path: Path) -> None:
    home = own_home(casework, tmp_path)
    (home / "galleries").unlink()
    publish(home, seed=1)
    config = with_("watchlist", gallery="custody")(deployable(casework, {"north": "walk.mp4"}))
    with pytest.raises(LfrError, match="was enrolled with") as caught:
        make_deployment(order(config, home), datetime.now(UTC))
    assert caught.value.exit_code == 2


def test_a_pack_that_is_not_for_casework(casework: Casework, tmp_path: Path) -> None:
    home = own_home(casework, tmp_path)
    (home / "models").unlink()
    shutil.copytree(casework.home / "models" / "open", home / "models" / "open")
    manifest = home / "models" / "open" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"any"', '"non-commercial"'))
    config = deployable(casework, {"north": "walk.mp4"})
    with pytest.raises(LfrError, match="non-commercial use only") as caught:
        make_deployment(order(config, home), datetime.now(UTC))
    assert caught.value.exit_code == 2
    licensed = with_("deployment", licence="Contract 7")(config)
    made = make_deployment(order(licensed, home), datetime.now(UTC))
    assert made.request.licence_statement == "Contract 7"


def test_a_results_root_that_cannot_be_written(casework: Casework, tmp_path: Path) -> None:
    home = own_home(casework, tmp_path)
    config = deployable(casework, {"north": "walk.mp4"})
    (results := tmp_path / "results").mkdir()
    with refused(results), pytest.raises(LfrError, match="No alert could be kept") as caught:
        make_deployment(order(config, home), datetime.now(UTC))
    assert caught.value.exit_code == 2
    with pytest.raises(LfrError, match="is no place for results") as caught:
        make_deployment(LiveOrder(config, home, "ftp://host/x", True), datetime.now(UTC))
    assert caught.value.exit_code == 2


def test_what_a_deployment_is_made_of(casework: Casework, tmp_path: Path) -> None:
    home, now = own_home(casework, tmp_path), datetime.now(UTC)
    config = deployable(casework, {"north": "walk.mp4"})
    hook = WebhookConfig(url="https://hook.example/t0ken", secret_env="PATH")
    config = config.model_copy(
        update={
            "alerts": AlertsConfig(webhook=hook),
            "cameras": (
                CameraConfig(name="north", source="v4l2:/dev/video0"),
                CameraConfig(name="south", source="rtsp://crew:s3cret@host/s3cret"),
            ),
        }
    )
    made = make_deployment(order(config, home, rehearse=False), now)
    record, snapshot = made.record, load_snapshot(home, "people")
    assert record.deployment_id == made.request.run_id
    assert (record.started_at, record.ends_at) == (now, config.deployment.ends_at)
    assert record.keep_until == record.ends_at + timedelta(days=31)
    assert (record.watchlist_size, record.snapshot_id) == (2, snapshot.snapshot_id)
    assert (record.target_fpir, record.rehearsal) == (0.0001, False)
    assert 0.42 < record.threshold < 0.5
    assert made.plan.watchlist_home == home / "live" / record.deployment_id / "watchlist"
    assert made.request.kind == "live"
    assert made.sinks == ("webhook", "parquet")
    recorded = made.request.model_dump_json()
    assert "s3cret" not in recorded
    assert "t0ken" not in recorded
    engine = made.plan.config.engine
    assert made.plan.config == config.model_copy(update={"engine": engine})
    assert (engine.workers, engine.gpus_per_worker) == (1, float(cuda_is_usable()))
    assert not (home / "live").exists()
    assert list((tmp_path / "results").rglob("*")) in ([], [tmp_path / "results" / "_state"])


def test_a_rehearsal_is_marked_as_such_and_needs_no_window(
    casework: Casework, tmp_path: Path
) -> None:
    config = with_("deployment", starts_at=NOW - 9 * HOUR, ends_at=NOW - 7 * HOUR)(
        deployable(casework, {"north": "walk.mp4"})
    )
    now = datetime.now(UTC)
    made = make_deployment(order(config, own_home(casework, tmp_path)), now)
    assert (made.record.rehearsal, made.record.ends_at) == (True, now + 2 * HOUR)


def test_what_was_stated_is_recorded_without_what_nobody_can_see(
    casework: Casework, tmp_path: Path
) -> None:
    fields = ("place", "case", "authorising_officer", "authority", "purpose")
    hidden = {name: f"a\u200b \u202e{name}\n" for name in fields}
    config = with_("deployment", **hidden)(deployable(casework, {"north": "walk.mp4"}))
    record = make_deployment(order(config, own_home(casework, tmp_path)), datetime.now(UTC)).record
    kept = (
        record.place,
        record.case_ref,
        record.authorising_officer,
        record.authority,
        record.purpose,
    )
    assert kept == tuple(f"a {name}" for name in fields)


def test_the_rules_of_the_house_may_refuse_a_watchlist(casework: Casework, tmp_path: Path) -> None:
    home = own_home(casework, tmp_path)
    asked = order(deployable(casework, {"north": "walk.mp4"}), home)
    made = make_deployment(asked, datetime.now(UTC))
    assert (made.listed.composition.entries, made.listed.composition.stated) == (2, False)
    assert {fault.kind for fault in made.listed.faults} == {"missing", "old", "not_reviewed"}
    rules = WatchlistPolicy(refuse=("old",))
    with pytest.raises(LfrError, match="The policy refuses this watchlist") as caught:
        make_deployment(replace(asked, rules=rules), datetime.now(UTC))
    assert caught.value.exit_code == 2
    assert not (home / "live").exists()


def test_the_operator_s_own_threshold(casework: Casework, tmp_path: Path) -> None:
    config = with_("decide", threshold=0.6)(deployable(casework, {"north": "walk.mp4"}))
    made = make_deployment(order(config, own_home(casework, tmp_path)), datetime.now(UTC))
    assert (made.record.threshold, made.record.target_fpir) == (0.6, None)
    assert made.request.threshold_source == "override"


def test_alerts_go_to_no_link(casework: Casework, tmp_path: Path) -> None:
    (tmp_path / "feed.jsonl").symlink_to("hidden.jsonl")
    change = with_("alerts", json_lines=str(tmp_path / "feed.jsonl"))
    config = change(deployable(casework, {"north": "walk.mp4"}))
    with pytest.raises(LfrError, match=r"feed.jsonl, which is a link to .*hidden.jsonl"):
        make_deployment(order(config, own_home(casework, tmp_path)), NOW)


def test_links_in_folders_are_followed_once(casework: Casework, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    change = with_("alerts", json_lines=str(tmp_path / "link" / "feed.jsonl"))
    config = change(deployable(casework, {"north": "walk.mp4"}))
    asked = order(config, own_home(casework, tmp_path))
    plan = make_deployment(replace(asked, results_root=str(tmp_path / "link")), NOW).plan
    assert plan.config.alerts.json_lines == str(tmp_path / "real" / "feed.jsonl")
    assert plan.results_root == str(tmp_path / "real")
