"""Clusters that are there already: whom they let in is seen, said, and for live mode decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.cli.findings_cluster import cluster_finding
from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster_look import state_of
from lfr_batch.engine.cluster_state import strengths, weaknesses
from lfr_batch.engine.live.table import require_engine
from lfr_batch.engine.table import open_engine
from lfr_batch.errors import EngineError
from tests.engine.standing_cluster import HERE_ALONE, HERE_AND_ELSEWHERE, standing_cluster

OWN_TOKEN = "c" * 64


@pytest.fixture(scope="module")
def open_cluster() -> Iterator[str]:
    with standing_cluster(0o755, {"RAY_AUTH_MODE": "disabled", **HERE_AND_ELSEWHERE}) as address:
        yield address


@pytest.fixture(scope="module")
def closed_cluster() -> Iterator[str]:
    own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": OWN_TOKEN}
    with standing_cluster(0o700, {**own, **HERE_ALONE}) as address:
        yield address


@pytest.fixture(autouse=True)
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As somebody has it who is let in by ``closed_cluster``."""
    path = tmp_path / "token"
    path.write_text(OWN_TOKEN)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(path))
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    return path


@pytest.fixture(scope="module", autouse=True)
def _anew() -> Iterator[None]:
    """Each is looked at once, as by a process, and with a wrong token once more."""
    state_of.cache_clear()
    yield
    state_of.cache_clear()


@pytest.fixture
def wrong_token(token: Path) -> Iterator[None]:
    token.write_text("d" * 64)
    state_of.cache_clear()
    yield
    state_of.cache_clear()


def test_an_open_one_is_seen_to_be_open(open_cluster: str) -> None:
    state = state_of(open_cluster)
    assert (state.asks_for_token, state.on_network) == (False, True)
    assert state.dashboard is not None
    assert state.folder is not None
    assert state.folder.name.startswith("session_")
    said = list(weaknesses(state))
    assert len(said) == 4
    assert all("start it anew" in each or "close its ports" in each for each in said)
    assert f"{open_cluster} asks for no token: whoever reaches it can run code" in said[0]


def test_a_closed_one_is_seen_to_be_closed(closed_cluster: str) -> None:
    state = state_of(closed_cluster)
    assert (state.asks_for_token, state.on_network) == (True, False)
    assert (state.dashboard, state.folder) == (None, None)
    assert not list(weaknesses(state))
    assert strengths(state).endswith("asks for a token, is heard here alone")


def test_live_mode_is_refused_by_an_open_one_unless_it_is_told_to(
    open_cluster: str, closed_cluster: str
) -> None:
    assert require_engine(EngineConfig(address=closed_cluster)) == ()
    with pytest.raises(EngineError, match=r"asks for no token.*engine\.open_cluster to true"):
        require_engine(EngineConfig(address=open_cluster))
    assert len(require_engine(EngineConfig(address=open_cluster, open_cluster=True))) == 4


def test_a_scan_on_an_open_one_says_so(open_cluster: str, closed_cluster: str) -> None:
    told: list[str] = []
    open_engine(EngineConfig(address=closed_cluster), told.append)
    assert told == []
    open_engine(EngineConfig(address=open_cluster), told.append)
    assert told == list(weaknesses(state_of(open_cluster)))


def test_the_doctor_says_what_each_is(open_cluster: str, closed_cluster: str) -> None:
    assert cluster_finding(closed_cluster).state == "ok"
    finding = cluster_finding(open_cluster)
    assert (finding.state, "asks for no token" in finding.remedy) == ("warning", True)


def test_the_doctor_says_that_nobody_is_there() -> None:
    finding = cluster_finding("127.0.0.1:9")
    assert (finding.state, "cannot be joined" in finding.text) == ("problem", True)


def test_with_a_wrong_token_it_is_seen_that_it_asks_for_one_and_the_doctor_names_it(
    closed_cluster: str, wrong_token: None
) -> None:
    state = state_of(closed_cluster)
    assert (state.asks_for_token, state.ray_version) == (True, None)
    finding = cluster_finding(closed_cluster)
    assert (finding.state, "RAY_AUTH_TOKEN" in finding.remedy) == ("problem", True)
