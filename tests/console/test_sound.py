"""An alert is heard beside traffic, and the page says where it cannot be, in a real browser."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.console.browser import Page
from tests.console.made import Served, now_alert, served
from tests.console.screens import enter, later, much_later

EARS = """
window.rings = []; // the frequencies of each signal, Hz
window.levels = []; // how loud it is made
{
  const frequencies = [];
  const { setValueAtTime } = AudioParam.prototype;
  AudioParam.prototype.setValueAtTime = function (value, at) {
    (value > 1 ? frequencies : levels).push(value);
    return setValueAtTime.call(this, value, at);
  };
  const { start } = AudioScheduledSourceNode.prototype;
  AudioScheduledSourceNode.prototype.start = function (...at) {
    rings.push('');
    return start.apply(this, at);
  };
  const { stop } = AudioScheduledSourceNode.prototype;
  AudioScheduledSourceNode.prototype.stop = function (...at) {
    rings[rings.length - 1] = frequencies.splice(0).join();
    return stop.apply(this, at);
  };
}
"""
RECORDED = """
window.done = undefined;
(async () => {
  const { signal, VOICES } = await import('/static/sound.js');
  const all = [];
  for (const voice of VOICES) {
    const context = new OfflineAudioContext(1, 3 * 16000, 16000);
    const endS = signal(context, voice, 0.8, 0);
    const heard = await context.startRendering();
    all.push([endS, [...heard.getChannelData(0)]]);
  }
  window.done = all;
})()
"""
LOADED = (
    "document.querySelector('#cameras').innerText && document.querySelector('#mute').offsetWidth"
)
SAYS_OFF = "Sound is off: touch to hear alerts"
HEARD = "document.querySelector('#silence').hidden"


@pytest.fixture
def ears(page: Page) -> Page:
    page.before(EARS)
    return page


def watches(page: Page, console: Served, name: str = "operator") -> None:
    """After the first touch of a shift."""
    page.evaluate("window.isBefore = true")
    enter(page, console, name)
    page.wait(f"!window.isBefore && {LOADED}")
    page.tap("h1")
    page.wait(HEARD)


def comes(page: Page, console: Served, number: int, subject_id: str = "S000") -> None:
    alert = now_alert(number, subject_id=subject_id, camera=f"camera{number}")
    console.router.raise_alert(alert)
    page.wait(f"document.querySelector('#alerts img[src*=a{number:04d}]')")


def rings(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.rings")
    return found


def more_rings(page: Page, than: int) -> str:
    """The newest of them."""
    page.wait(f"window.rings.length > {than}")
    return rings(page)[-1]


def seconds_pass(page: Page, number: int = 2) -> None:
    """On the page."""
    for _ in range(number):
        page.evaluate("window.before = document.querySelector('#clock').innerText")
        page.wait("document.querySelector('#clock').innerText !== window.before")


def test_signals_are_where_traffic_is_not_and_change_and_differ(
    page: Page, console: Served
) -> None:
    enter(page, console, "operator")
    page.evaluate(RECORDED)
    page.wait("window.done")
    spectra = []
    for end_s, samples in page.evaluate("window.done"):
        sound = np.asarray(samples)[: round(end_s * 16_000)]
        power = np.abs(np.fft.rfft(sound, 48_000)) ** 2
        hz = np.fft.rfftfreq(48_000, 1 / 16_000)
        within = power[(hz >= 1_000) & (hz <= 3_000)]
        assert within.sum() > 0.97 * power.sum()
        assert within.max() < 0.3 * within.sum(), "one tone is lost in a street"
        assert 0.75 < np.abs(sound).max() <= 0.81
        assert np.sqrt(np.mean(sound**2)) > 0.4
        assert 1.0 < end_s < 2.5
        spectra.append(within / np.linalg.norm(within))
    assert len(spectra) == 3
    alike = [float(a @ b) for i, a in enumerate(spectra) for b in spectra[:i]]
    assert max(alike) < 0.7


def test_sound_is_on_from_the_first_touch_and_before_it_that_is_said(
    ears: Page, console: Served, tmp_path: Path
) -> None:
    enter(ears, console, "operator")
    ears.wait_for_text("#silence", SAYS_OFF)
    comes(ears, console, 0)
    ears.wait_for_text("#silence", f"1 alert came without a sound. {SAYS_OFF}")
    ears.screenshot(tmp_path / "no-sound.png")
    assert rings(ears) == []
    ears.tap("#silence")
    more_rings(ears, 0)
    ears.wait(HEARD)


@pytest.mark.parametrize(
    ("name", "key", "done"),
    [
        ("operator", "a", "Acknowledged"),
        ("reviewer", "1", "Not saved"),
    ],
)
def test_it_repeats_until_somebody_is_at_it(
    name: str, key: str, done: str, ears: Page, console: Served
) -> None:
    watches(ears, console, name)
    comes(ears, console, 0)
    more_rings(ears, 0)
    for heard in (1, 2):
        later(ears, ms=4_000)
        more_rings(ears, heard)
    ears.press(key)
    ears.wait_for_text(".item", done)
    before = len(rings(ears))
    later(ears, ms=10_000)
    seconds_pass(ears)
    assert len(rings(ears)) == before


def test_another_person_sounds_different_and_the_same_one_the_same(
    ears: Page, console: Served
) -> None:
    watches(ears, console)
    heard = []
    for number, subject in enumerate(("S1", "S1", "S2", "S3", "S4")):
        before = len(rings(ears))
        comes(ears, console, number, subject)
        heard.append(more_rings(ears, before))
        ears.wait(f"document.querySelector('#of-subject').innerText.endsWith('{subject}')")
        console.client("operator").ask("POST", f"/api/alerts/a{number:04d}/acknowledge")
        ears.wait("!document.querySelector('#alerts').innerText.includes('New')")
    assert heard[0] == heard[1]
    assert all(a != b for a, b in pairwise(heard[1:]))
    assert len(set(heard)) == 3


def test_what_waits_when_a_page_is_loaded_sounds_too_and_after_two_minutes_it_stops_and_says_so(
    ears: Page, console: Served
) -> None:
    console.router.raise_alert(now_alert())
    watches(ears, console)
    more_rings(ears, 0)
    much_later(ears, ms=121_000)
    ears.wait_for_text("#banner", "1 alert is not acknowledged. It sounds no more: 2 min")
    before = len(rings(ears))
    later(ears, ms=10_000)
    seconds_pass(ears)
    assert len(rings(ears)) == before
    console.client("operator").ask("POST", "/api/alerts/a0000/acknowledge")
    ears.wait("!document.querySelector('#banner').innerText.includes('acknowledged')")


def test_muting_is_of_a_person_is_in_sight_and_ends_at_the_next_log_in(
    ears: Page, console: Served, tmp_path: Path
) -> None:
    page = ears
    watches(page, console)
    page.press("m")
    muted = "operator has muted this page: touch to hear alerts"
    page.wait_for_text("#silence", muted)
    comes(page, console, 0)
    page.wait_for_text("#silence", f"1 alert came without a sound. {muted}")
    page.screenshot(tmp_path / "muted.png")
    page.call("Page.reload")
    page.wait(LOADED)
    page.wait_for_text("#silence", muted)
    page.tap("h1")
    seconds_pass(page)
    assert rings(page) == []
    assert page.text("#mute") == "M Unmute"
    page.tap("#mute")
    more_rings(page, 0)
    page.wait(HEARD)
    page.tap("#mute")
    page.wait_for_text("#silence", muted)

    page.tap("#logout")
    page.wait("document.querySelector('#enter')?.disabled === false")
    page.call("Input.insertText", text=console.tokens["operator"])
    page.press("Enter")
    page.wait(LOADED)
    assert "muted" not in page.text("#silence")
    page.press("m")
    page.wait_for_text("#silence", muted)
    page.evaluate(f"location.hash = '#{console.tokens['operator']}'")
    page.wait(f"{LOADED} && !document.querySelector('#silence').innerText.includes('muted')")


def test_how_loud_is_remembered_by_person(ears: Page, console: Served, tmp_path: Path) -> None:
    page = ears
    watches(page, console)
    page.tap("#sound")
    page.wait("document.querySelector('#sound-panel').open")
    page.screenshot(tmp_path / "panel.png")
    page.evaluate("document.querySelector('#volume').focus()")
    assert page.evaluate("window.levels.length") == 0
    page.press("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft")
    page.wait("window.levels.length > 0")
    page.call("Page.reload")
    page.wait(LOADED)
    page.tap("#sound")
    page.wait("document.querySelector('#volume').value === '5'")
    page.tap("#try")
    page.wait("window.levels.includes(0.25)")
    assert page.evaluate("Math.max(...window.levels)") == 0.25
    watches(page, console, "reviewer")
    page.tap("#sound")
    page.wait("document.querySelector('#volume').value === '9'")


def test_an_auditor_reads_in_silence(ears: Page, console: Served) -> None:
    enter(ears, console, "auditor")
    ears.tap("h1")
    comes(ears, console, 0)
    seconds_pass(ears)
    assert rings(ears) == []
    assert ears.evaluate(HEARD)
    assert not ears.evaluate("document.querySelector('#mute').checkVisibility()")


TABLET_PARTS = """
window.shakes = []; window.notices = []; window.withdrawn = 0; window.asked = 0;
window.locks = []; window.isHidden = false;
navigator.vibrate = pattern => shakes.push(pattern);
window.Notification = class {
  static permission = 'default';
  static async requestPermission() { asked += 1; return this.permission = 'granted'; }
  constructor(title, options) { notices.push({ title, ...options }); }
  close() { withdrawn += 1; }
};
Object.defineProperty(navigator, 'wakeLock', { value: { request: async (kind) => {
  const lock = Object.assign(new EventTarget(), { kind });
  lock.release = async () => { lock.gone = true; };
  locks.push(lock);
  return lock;
} } });
Object.defineProperty(document, 'hidden', { get: () => isHidden });
"""


@pytest.fixture
def tablet(page: Page) -> Page:
    """With what a browser without a screen does not have."""
    page.before(TABLET_PARTS)
    return page


def told(page: Page, name: str) -> Any:
    return page.evaluate(f"window.{name}")


def test_it_shakes_and_notifies_without_a_face_or_a_name(
    tablet: Page, console: Served, tmp_path: Path
) -> None:
    page = tablet
    watches(page, console)
    page.wait_for_text("#ask-notices", "Never with a face or a name")
    page.screenshot(tmp_path / "asked.png")
    assert told(page, "asked") == 0
    page.tap("#ask-yes")
    page.wait("window.asked === 1")
    page.wait("document.querySelector('#ask-notices').hidden")
    comes(page, console, 0)
    page.wait("window.shakes.length > 0")
    page.evaluate("isHidden = true")
    comes(page, console, 1, "S001")
    page.wait("window.notices.length === 1")
    (notice,) = told(page, "notices")
    assert notice.pop("title") == "Alert, camera camera1"
    assert set(notice) == {"tag", "renotify", "silent"}
    assert "S0" not in json.dumps(notice)
    page.evaluate("isHidden = false")
    for number in range(2):
        console.client("operator").ask("POST", f"/api/alerts/a{number:04d}/acknowledge")
    page.wait("window.withdrawn > 0")


def test_notifications_are_asked_for_once(tablet: Page, console: Served) -> None:
    page = tablet
    watches(page, console)
    page.wait("document.querySelector('#ask-notices').checkVisibility()")
    page.tap("#ask-no")
    page.wait("document.querySelector('#ask-notices').hidden")
    watches(page, console)
    seconds_pass(page)
    assert page.evaluate("document.querySelector('#ask-notices').hidden")
    page.tap("#sound")
    page.wait_for_text("#notice-words", "Notifications are off.")
    page.tap("#allow-notices")
    page.wait_for_text("#notice-words", "Notifications are on")
    assert told(page, "asked") == 1


def test_the_screen_stays_on_while_somebody_watches(tablet: Page, tmp_path: Path) -> None:
    page = tablet
    with served(tmp_path) as console:
        enter(page, console, "operator")
        page.wait("window.locks.length === 1")
        page.evaluate("isHidden = true; locks[0].dispatchEvent(new Event('release'))")
        seconds_pass(page)
        assert page.evaluate("window.locks.length") == 1
        page.evaluate("isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
        page.wait("window.locks.length === 2")
        assert page.evaluate("window.locks[1].kind") == "screen"
        page.tap("#sound")
        page.wait_for_text("#awake-words", "The screen stays on.")
    page.wait_for_text("#over", "This deployment is over.")
    assert page.evaluate("window.locks[1].gone")
    page.problems.clear()
