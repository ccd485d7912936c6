"""Who began watching is in the audit log, also where whoever pressed never heard that it began."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from lfr_batch.engine.live.threads import live_threads
from lfr_batch.errors import StoreFull
from lfr_batch.live.deployment.look_after import Situation
from lfr_batch.live.deployment.on_record import WATCHING_BEGUN
from lfr_batch.live.deployment.order import make_deployment
from lfr_batch.live.deployment.plan import RunningDeployment
from lfr_batch.live.deployment.run import run_deployment
from lfr_batch.oversight import audit
from tests.deploying import deployable, order, own_home
from tests.one_case import Casework


@pytest.mark.parametrize("looks_after", [0, 2])
def test_who_began_is_on_record_once(
    casework: Casework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks_after: int
) -> None:
    """The router alone is told, as by a console that is cut off before its answer. The log cannot
    be written to at first; ``looks_after``: so often it is looked after before it ends."""
    config = deployable(casework, {"north": "walk.mp4"})
    again = tuple(camera.model_copy(update={"loop": True}) for camera in config.cameras)
    home = own_home(casework, tmp_path)
    asked = replace(order(config.model_copy(update={"cameras": again}), home), aim=True)
    really, refusals, watched = audit.record, list[str](), list[Situation]()
    began: list[RunningDeployment] = []
    stopping = Event()

    def record(place: Path, event: str, lines: Sequence[Mapping[str, Any]]) -> audit.Head | None:
        if event == WATCHING_BEGUN and len(refusals) < looks_after:
            refusals.append(event)
            raise StoreFull("the disk is full")
        return really(place, event, lines)

    @contextmanager
    def attended(running: RunningDeployment) -> Iterator[None]:
        began.append(running)
        yield

    def look(now: Situation) -> None:
        if now.is_aimed:
            assert began[0].router.begin_watching("operator")
        else:
            watched.append(now)
        if len(watched) == looks_after:
            stopping.set()

    monkeypatch.setattr(audit, "record", record)
    deployment = make_deployment(asked, datetime.now(UTC))
    figures = run_deployment(deployment, live_threads, attended, look, stopping).figures
    lines = [line for line in audit.entries(home) if line["event"] == WATCHING_BEGUN]
    assert [(each["name"], each["deployment_id"]) for each in lines] == [
        ("operator", deployment.record.deployment_id)
    ]
    assert figures.watching_since == datetime.fromisoformat(lines[0]["begun_at"])
    assert len(refusals) == looks_after
