"""Draw README's pictures anew, every face in them made unrecognisable as the product does it.

    make demo && python -m infra.pictures docs/pictures

The report is the demonstration's, without names. The console is that of its tests, with alerts of
installed portraits. Needs Debian's chromium. Look at what it wrote before it is committed.
"""

from __future__ import annotations

import base64
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from lfr_batch.config.schema import Config
from lfr_batch.demo.truth import TRUTH
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.evidence import encode_jpeg, hide_others
from lfr_batch.faces.stages import detect_in_still, open_enrol_stages
from lfr_batch.footage.stills import StillFrame
from lfr_batch.front.places import home_folder
from lfr_batch.live.records import Alert
from lfr_batch.models.devices import available_cores
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray, FloatArray
from tests.console.browser import Page, chromium, new_page
from tests.console.made import now_alert, served
from tests.console.screens import alerts_shown, both_up, enter

EMBEDDED = re.compile(r"data:image/\w+;base64,([A-Za-z0-9+/=]+)")
SIZE_WH = (1280, 800)
ALERTS = 3
NOWHERE = np.zeros(4, np.float32)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config = Config()
    pack = load_pack(home_folder(), "open")
    detector = open_enrol_stages(pack, config, available_cores()).exact_detector
    with (
        tempfile.TemporaryDirectory() as scratch,
        chromium(Path(scratch)) as browser,
        new_page(browser) as page,
    ):
        page.size(*SIZE_WH)
        draw_report(page, detector, Path(scratch), folder / "report.png")
        draw_console(page, detector, Path(scratch), folder / "console.png")


def draw_report(page: Page, detector: Detector, scratch: Path, picture: Path) -> None:
    report = (home_folder() / "demo" / "report.html").read_text("utf-8")
    report = EMBEDDED.sub(lambda found: hidden_uri(found[1], detector), report)
    for number, subject in enumerate(TRUTH.subjects, 1):
        report = re.sub(rf"\b{subject.subject_id}\b", f"S{number:03}", report)
    hidden = scratch / "report.html"
    hidden.write_text(report.replace(str(home_folder()), "/srv/lfr"), "utf-8")
    page.open(hidden.as_uri())
    page.wait("document.readyState === 'complete' && document.images.length > 1")
    page.wait("[...document.images].every(each => each.complete)")
    page.evaluate("document.querySelector('h2').scrollIntoView()")
    page.screenshot(picture)


def draw_console(page: Page, detector: Detector, scratch: Path, picture: Path) -> None:
    with served(scratch / "live") as console:
        both_up(console)
        for number in range(ALERTS):
            console.router.raise_alert(hidden_alert(now_alert(number), detector))
        enter(page, console, "reviewer")
        alerts_shown(page, ALERTS)
        page.tap("h1")  # from then on it can be heard, which is said no more
        page.wait("document.querySelector('#ask-notices').checkVisibility()")
        page.tap("#ask-no")
        page.wait("document.querySelector('#ask-notices').hidden")
        page.wait("[...document.querySelectorAll('.pair img')].every(each => each.naturalWidth)")
        page.screenshot(picture)


def hidden_alert(alert: Alert, detector: Detector) -> Alert:
    best_shot, gallery = (
        hidden_jpeg(jpeg, detector) for jpeg in (alert.best_shot_jpeg, alert.gallery_jpeg)
    )
    return replace(alert, best_shot_jpeg=best_shot, gallery_jpeg=gallery)


def hidden_uri(encoded: str, detector: Detector) -> str:
    jpeg = hidden_jpeg(base64.b64decode(encoded), detector)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def hidden_jpeg(picture: bytes, detector: Detector) -> bytes:
    """Every face that is found in it; where none is, or one is still, all of it."""
    bgr = np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    boxes_xyxy = faces_in(bgr, detector)
    hide_others(bgr, NOWHERE, boxes_xyxy)
    if not len(boxes_xyxy) or len(faces_in(bgr, detector)):
        height, width = bgr.shape[:2]
        hide_others(bgr, NOWHERE, np.array([[0, 0, width, height]], np.float32))
    return encode_jpeg(bgr)


def faces_in(bgr: ByteArray, detector: Detector) -> FloatArray:
    sizes = tuple(Config().detect.still_long_sides_px)
    return detect_in_still(detector, StillFrame(bgr), sizes).boxes_xyxy


if __name__ == "__main__":
    main(Path(sys.argv[1]))
