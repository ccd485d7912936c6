"""Debian's Chromium without a screen, over the DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import urllib3
from websockets.sync.client import ClientConnection, connect

from tests.patience import PATIENCE_S

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
KEY_CODES = {
    "Enter": 13,
    "Escape": 27,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowDown": 40,
    "Tab": 9,
    " ": 32,
}
OPTIONS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--process-per-site",
)


STILL = {"name": "prefers-reduced-motion", "value": "reduce"}
"""What pulses is drawn anew sixty times a second: without it a page costs little while it waits."""


class BrowserError(AssertionError):
    pass


class Page:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self.problems: list[str] = []
        """What the browser complained of: exceptions, errors, refused resources."""
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message))
        while True:
            answer: dict[str, Any] = json.loads(self._connection.recv(PATIENCE_S))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(told["exceptionDetails"]))
        if event.get("method") == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.problems.append(f"{told['entry']['text']} {told['entry'].get('url')}")

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def size(self, width: int, height: int, *, mobile: bool = False, dark: bool = False) -> None:
        shape = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.call("Emulation.setDeviceMetricsOverride", **shape)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme, STILL])

    def forget(self) -> None:
        """Whatever the browser has kept of any page: cookies, storage, caches."""
        self.call("Storage.clearDataForOrigin", origin="*", storageTypes="all")

    def before(self, script: str) -> None:
        """Runs it in every document from now on, before the page's own."""
        self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def evaluate(self, script: str) -> Any:
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise BrowserError(result["exceptionDetails"])
        return result["result"].get("value")

    def is_open_again(self, dialog: str, opening: str) -> bool:
        """Whether one that is opened in the moment in which it is closed stays so: that it is
        closed the page hears later."""
        self.evaluate(
            f"{{ window.heard = null; const it = document.querySelector({json.dumps(dialog)});"
            " it.addEventListener('close', () => setTimeout(() => { window.heard = it.open; }),"
            f" {{ once: true }}); it.close(); {opening}; }}"
        )
        self.wait("window.heard !== null")
        return bool(self.evaluate("window.heard"))

    def pictures_asked_for_after(self, leaving: str) -> list[str]:
        """Those that ``leaving`` lets go on loading, while the server does not answer to it."""
        self.evaluate(
            "window.pictures = [...document.images].filter(each => each.hasAttribute('src'));"
            f" window.fetch = () => new Promise(() => {{ window.isAsked = true; }}); {leaving}"
        )
        self.wait("window.isAsked")
        assert self.evaluate("window.pictures.length") > 1
        asked = self.evaluate(
            "window.pictures.map(each => each.getAttribute('src')).filter(each => each)"
        )
        self.call("Page.reload")
        return list(asked)

    def text(self, selector: str) -> str:
        """What can be read there; empty where there is nothing."""
        found = self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")
        return " ".join(str(found).split())

    def wait(self, script: str) -> None:
        """Until it is true."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            with suppress(BrowserError):  # between two pages there is nothing to ask
                if self.evaluate(f"Boolean({script})"):
                    return
            time.sleep(0.05)
        raise AssertionError(f"never true: {script}; {self.text('body')}; {self.problems}")

    def reload(self) -> None:
        """Until the new page is there: what was true of the one before says nothing."""
        self.evaluate("window.isBefore = true")
        self.call("Page.reload")
        self.wait("!window.isBefore && document.readyState === 'complete'")

    def wait_for_text(self, selector: str, words: str) -> None:
        quoted, wanted = json.dumps(selector), json.dumps(words)
        self.wait(
            f"(document.querySelector({quoted})?.innerText ?? '').replace(/\\s+/g, ' ')"
            f".includes({wanted})"
        )

    def press(self, *keys: str) -> None:
        for key in keys:
            told: dict[str, Any] = {"key": key, "windowsVirtualKeyCode": KEY_CODES.get(key, 0)}
            text = "\r" if key == "Enter" else key if len(key) == 1 else ""
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **told)
            self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def tap(self, selector: str) -> None:
        found = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        x, y = self.evaluate(f"(b => [b.x + b.width / 2, b.y + b.height / 2])({found})")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, path: Path) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=False)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def chromium(folder: Path) -> Iterator[str]:
    """The address of a browser's DevTools. Skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed")
    options = [*OPTIONS, f"--user-data-dir={folder}"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [CHROMIUM, *options, "about:blank"], stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield _devtools(folder / "DevToolsActivePort", process)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


@contextmanager
def new_page(devtools: str) -> Iterator[Page]:
    """An empty page; cookies are those of the browser."""
    target = urllib3.request("PUT", f"{devtools}/json/new?about:blank").json()
    with connect(target["webSocketDebuggerUrl"], max_size=None, compression=None) as connection:
        yield Page(connection)
        connection.send(json.dumps({"id": 0, "method": "Page.close"}))


def _devtools(port_file: Path, process: subprocess.Popen[bytes]) -> str:
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s and process.poll() is None:
        if port_file.exists() and (port := port_file.read_text().partition("\n")[0]):
            return f"http://127.0.0.1:{port}"
        time.sleep(0.05)
    raise AssertionError(f"chromium did not start: {(port_file.parent / 'log').read_text()}")
