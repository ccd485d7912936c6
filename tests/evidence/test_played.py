"""A browser plays what is made for a screen."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lfr_batch.evidence.film import film_of
from tests.console.browser import chromium, new_page
from tests.footage.clips import pictures

PAGE = """<!doctype html><body style="margin:0"><video src="film.webm" muted autoplay></video>"""


def test_chromium_plays_it_to_its_end(tmp_path: Path) -> None:
    """Frames of uneven times, in a file that lies beside a page."""
    moments_ns = [number * 40_000_000 + (number % 2) * 7_000_000 for number in range(25)]
    shown = [np.ascontiguousarray(each[..., ::-1]) for each in pictures(25)]
    film = film_of(zip(moments_ns, shown, strict=True), (160, 120), 25.0)
    (tmp_path / "film.webm").write_bytes(film)
    (tmp_path / "page.html").write_text(PAGE)
    with chromium(tmp_path) as devtools, new_page(devtools) as page:
        page.open((tmp_path / "page.html").as_uri())
        page.wait("document.querySelector('video')?.ended")
        video = "document.querySelector('video')"
        assert page.evaluate(f"[{video}.videoWidth, {video}.videoHeight]") == [160, 120]
        assert 0.9 < page.evaluate(f"{video}.duration") < 1.1
        assert page.problems == []
