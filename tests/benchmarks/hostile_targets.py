"""What stands in for the product where hostile files are judged: it misbehaves as it is told."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from benchmarks.hostile_records import Answer


def misbehave(path: Path) -> Answer:
    """Does what the file says, which is one word."""
    word = path.read_text()
    said = (f"{path} is damaged",)
    if word == "hang":
        time.sleep(600)
    if word == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == "raise":
        raise KeyError(word)
    if word == "swell":
        held = bytearray(b"x" * (200 << 20))
        return Answer(("ok",), looks=len(held))
    answers = {
        "ok": Answer(("ok",), segments=1),
        "partly": Answer(("ok", "partly"), said, segments=1),
        "damaged": Answer(("damaged",), said, segments=1),
        "breaks": Answer(("ok",), said, segments=1, decoded_damaged=1),
        "failed": Answer(("failed",), said),
        "surprise": Answer(("failed",), (f"{path}: unexpected KeyError: 'x' (at a:1)",)),
        "many": Answer(("ok",), segments=100),
        "nameless": Answer(("failed",), ("it is damaged",)),
        "silent": Answer(("failed",)),
    }
    return answers[word]
