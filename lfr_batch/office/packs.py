"""Evidence packs for whoever asks in a browser: made by `lfr evidence`, in a process of its own.

Footage is decoded there: whatever a decoder does, the others go on. The pack lies in a folder that
only this user may read, until it was sent.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from lfr_batch.errors import DecisionRefused, StoreError, TooEarly

LONGEST_S = 1800.0
PATIENCE_S = 5.0
"""So long somebody waits while another's is made, before they are told."""
REFUSED = 2
"""Exit code of an order that will not do."""


@dataclass(frozen=True, slots=True)
class PackWish:
    """What is asked for."""

    run_id: str
    sightings: tuple[str, ...]
    """None: all of the run."""
    to: tuple[str, ...]
    """Names of the policy's keys, or keys: never a file of this machine."""
    redact: bool
    nothing_found: bool
    by: str
    why: str


@dataclass(slots=True)
class Packs:
    """Every method may be called from any thread: one is made at a time."""

    options: Sequence[str]
    """Of every `lfr evidence`: where the results are, and the configuration."""
    _lock: Lock = field(default_factory=Lock)

    def make(self, wish: PackWish) -> Path:
        """The pack; whoever gets it calls ``discard`` afterwards.

        Raises DecisionRefused with the command's sentence, StoreError, TooEarly.
        """
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise TooEarly("another pack is being made: try again when it is done")
        folder = Path(tempfile.mkdtemp(prefix="lfr-evidence-"))
        try:
            return self._made(wish, folder / f"evidence-{wish.run_id}.zip")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            self._lock.release()

    def _made(self, wish: PackWish, out: Path) -> Path:
        command = [sys.executable, "-m", "lfr_batch.cli.app", *words_of(wish, out, self.options)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=LONGEST_S
            )
        except subprocess.TimeoutExpired as error:
            raise StoreError("the pack was not made within half an hour: ask for fewer") from error
        if done.returncode != 0 or not out.exists():
            said = done.stderr.strip().splitlines()
            sentence = said[-1].removeprefix("lfr: ") if said else "the pack could not be made"
            raise (DecisionRefused if done.returncode == REFUSED else StoreError)(sentence)
        return out


def words_of(wish: PackWish, out: Path, options: Sequence[str] = ()) -> list[str]:
    """Those of the command line. Pure."""
    words = ["evidence", f"--out={out}", f"--operator={wish.by}", f"--why={wish.why}"]
    words += [f"--to={each}" for each in wish.to]
    words += ["--redact"] if wish.redact else []
    words += ["--nothing-found"] if wish.nothing_found else []
    return [*words, *options, "--", wish.run_id, *wish.sightings]


def discard(pack: Path) -> None:
    shutil.rmtree(pack.parent, ignore_errors=True)
