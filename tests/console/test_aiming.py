"""Aiming on the console: stills and words, Begin watching, and nothing of a still afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from lfr_batch.console.aim_routes import aim_routes
from lfr_batch.live.records import ROLES, AimGuide, AimReport, Role
from lfr_batch.live.watching.aim_preview import preview, preview_wh
from lfr_batch.oversight import audit
from tests.console.browser import Page
from tests.console.made import Served, camera_health, served
from tests.console.screens import PHONE, TABLET, enter
from tests.one_case import GROUP, installed_picture

GUIDE = AimGuide(
    (1280, 886),
    faces=10,
    compared=7,
    reasons={"small": 3},
    width_px=(24.0, 41.0, 66.0),
    small_px=24.0,
    least_px=32.0,
    light="against",
)
HOUR = timedelta(hours=1)
OFFICERS = frozenset({"operator", "reviewer"})
ENDPOINTS: dict[str, tuple[str, frozenset[str]]] = {
    "/api/cameras/{name}/preview.jpg": ("GET", OFFICERS),
    "/api/cameras/{name}/try-again": ("POST", OFFICERS),
    "/api/watching": ("POST", OFFICERS),
}
STILLS = (
    "[...document.querySelectorAll('#stills img')].filter(each => each.naturalWidth > 99).length"
)


def still() -> bytes:
    picture = installed_picture(GROUP)
    faces = np.array([[480.0, 240.0, 560.0, 350.0]], np.float32)
    width, height = preview_wh((picture.shape[1], picture.shape[0]))
    small = np.ascontiguousarray(
        picture[:: picture.shape[0] // height, :: picture.shape[1] // width]
    )
    return preview(small[:height, :width], (picture.shape[1], picture.shape[0]), faces)


def aim(console: Served, *cameras: str) -> None:
    later = datetime.now(UTC) + HOUR
    for camera in ("north", "south"):
        console.router.report_health(camera_health(camera, at=later))
    for camera in cameras:
        console.router.report_aim(AimReport(camera, datetime.now(UTC), GUIDE, still()))


@pytest.fixture
def aimed(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, watch_from=datetime.now(UTC) - HOUR) as console:
        aim(console, "north", "south")
        yield console


def test_no_address_is_left_out_of_the_table() -> None:
    assert {route.path for route in aim_routes.routes} == set(ENDPOINTS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_role_gets_what_is_its_own_and_nothing_else(
    role: Role | None, path: str, aimed: Served
) -> None:
    method, who = ENDPOINTS[path]
    answer = aimed.client(role).ask(method, path.format(name="north"))
    allowed = {200, 204} if role in who else {401 if role is None else 403}
    assert answer.status in allowed, answer.data
    begun = role in who and path == "/api/watching"
    assert (aimed.router.watching() is not None) == begun


def test_a_still_is_gone_once_watching_begins(aimed: Served) -> None:
    client = aimed.client("operator")
    answer = client.ask("GET", "/api/cameras/north/preview.jpg")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data == still()
    assert client.ask("POST", "/api/watching").status == 204
    aim(aimed, "north")  # one that was on its way
    assert client.ask("GET", "/api/cameras/north/preview.jpg").status == 404
    assert client.ask("GET", "/api/cameras/nowhere/preview.jpg").status == 404
    assert client.get("/api/aiming") is None


def test_the_first_one_begins(aimed: Served) -> None:
    for name in ("operator", "reviewer"):
        assert aimed.client(name).ask("POST", "/api/watching").status == 204
    begun = aimed.router.watching()
    assert begun is not None
    assert begun.by == "operator"


def test_watching_cannot_begin_before_the_window(page: Page, tmp_path: Path) -> None:
    with served(tmp_path, watch_from=datetime.now(UTC) + HOUR) as console:
        answer = console.client("reviewer").ask("POST", "/api/watching")
        assert answer.status == 409
        assert "when the deployment's window does" in answer.json()["error"]
        aim(console, "north")
        enter(page, console, "reviewer")
        page.wait_for_text("#begin-from", "It can begin at")
        assert page.evaluate("document.querySelector('#begin').disabled")


def test_the_crew_aims_and_then_begins(page: Page, aimed: Served, tmp_path: Path) -> None:
    enter(page, aimed, "operator")
    page.wait_for_text("#aiming", "Aiming: nobody is looked for")
    page.wait_for_text(
        "#stills", "7 of 10 faces would be compared. The others are too small: 24 px"
    )
    assert "Against the light" in page.text("#stills")
    assert "north Aiming Not watching: it is being aimed." in page.text("#cameras")
    page.wait(f"{STILLS} === 2")
    for size in (TABLET, PHONE):
        page.size(*size, mobile=size == PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.screenshot(tmp_path / f"aiming-{size[0]}.png")
    page.size(*TABLET)
    page.tap("#begin")
    page.wait("document.querySelector('#begin-sure').open")
    page.screenshot(tmp_path / "sure.png")
    page.press("Enter")  # Back is what is chosen
    page.wait("!document.querySelector('#begin-sure').open")
    assert aimed.router.watching() is None
    assert page.evaluate("document.querySelector('#begin-dark').textContent") == ""
    page.tap("#begin")
    page.wait("document.querySelector('#begin-sure').open")
    later = datetime.now(UTC) + timedelta(hours=1)
    aimed.router.report_health(camera_health("south", state="reconnecting", at=later))
    page.wait_for_text("#begin-dark", "No pictures come from south: nobody is looked for there")
    aimed.router.report_health(camera_health("south", at=later))
    page.wait("document.querySelector('#begin-dark').textContent === ''")
    page.tap("#begin-yes")
    page.wait("!document.body.classList.contains('is-aimed')")
    assert page.evaluate("document.querySelectorAll('#stills img').length") == 0
    page.wait_for_text("#nothing", "No alert yet. 120 people are looked for.")
    page.wait_for_text("#cameras", "north Watching")
    page.screenshot(tmp_path / "watching.png")
    page.problems[:] = [each for each in page.problems if "preview.jpg" not in each]


def test_an_auditor_reads_the_words_and_sees_no_still(page: Page, aimed: Served) -> None:
    enter(page, aimed, "auditor")
    page.wait_for_text("#stills", "7 of 10 faces would be compared.")
    assert page.evaluate("document.querySelectorAll('#stills img[src]').length") == 0
    assert page.evaluate("document.querySelector('#begin').hidden")


def test_a_refused_password_waits_for_a_finger(page: Page, console: Served, tmp_path: Path) -> None:
    refused = "rtsp://192.0.2.1/… refuses this user or password; tried 3 times, waits to be told"
    later = datetime.now(UTC) + HOUR
    report = console.router.report_health
    report(camera_health("north", at=later))
    orders = report(camera_health("south", at=later, state="refused", detail=refused))
    assert orders.told_ns == 0
    enter(page, console, "operator")
    page.wait_for_text("#banner", "Camera south refuses the password since")
    assert "or press Try again): nobody is looked for there." in page.text("#banner")
    page.wait_for_text("#cameras", "the camera refuses the password. It was tried 3 times")
    page.screenshot(tmp_path / "refused.png")
    page.tap("#cameras [data-again=south]")
    page.wait("document.querySelector('#said').innerText === ''")
    home = console.app.state.console.journal.home

    def on_record() -> list[str]:
        lines = audit.entries(home)
        return [line["camera"] for line in lines if line["event"] == "camera.password_tried_again"]

    until = datetime.now(UTC) + timedelta(seconds=10)
    while not on_record():
        assert datetime.now(UTC) < until
    assert report(camera_health("south", at=later, state="refused")).told_ns > 0
    assert on_record() == ["south"]
    answer = console.client("operator").ask("POST", "/api/cameras/nowhere/try-again")
    assert answer.status == 404
