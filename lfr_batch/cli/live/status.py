"""What the crew's terminal shows of a deployment: counts and cameras, never a picture or a name."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from rich.console import Console, Group
from rich.live import Live
from rich.logging import RichHandler
from rich.table import Table
from rich.text import Text

from lfr_batch.cli.live.passes import recognised
from lfr_batch.cli.live.starting import Starting, starting
from lfr_batch.cli.output import counted, plain_text, say
from lfr_batch.live.deployment.figures import arrests, counts, engagements, lost_alerts
from lfr_batch.live.deployment.look_after import Situation
from lfr_batch.live.deployment.run import Ended
from lfr_batch.live.deployment.standing import CUT_OFF
from lfr_batch.live.deployment.window import REASONS, Term
from lfr_batch.live.records import CameraHealth
from lfr_batch.logs import LogLines

LINE_EVERY_S = 60.0
MEND_IT = "mend the password in the configuration and start anew, or press Try again on the console"
STYLES: Mapping[str, str] = {"live": "green", "starting": "yellow", "ended": "dim"}


@dataclass(slots=True)
class LiveStatus:
    """``begin`` and ``take`` are called while the deployment runs."""

    term: Term
    starting: Starting
    screen: Live | None
    """None where there is no terminal: then a line is said when something changes."""
    url: str = ""
    said: object = None
    said_s: float = field(default_factory=monotonic)

    def begin(self, url: str) -> None:
        self.url = url
        self.starting.done()
        say(f"console: {url}")

    def take(self, look: Situation) -> None:
        if self.screen is not None:
            self.screen.update(self._panel(look), refresh=True)
            return
        states = {each.camera: each.state for each in look.health}
        news = (look.counts.alerts, look.counts.unkept, states, _down(look), look.is_aimed)
        if news != self.said or monotonic() - self.said_s >= LINE_EVERY_S:
            self.said, self.said_s = news, monotonic()
            say(self.line(look))

    def line(self, look: Situation) -> str:
        cameras = ", ".join(f"{h.camera} {_state(h)}" for h in look.health) or "no camera yet"
        done = self._aiming() if look.is_aimed else _counts(look)
        return "; ".join((f"{_clock()} {done}", cameras, *_alarms(look), self._left()))

    def _panel(self, look: Situation) -> Group:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("camera", "state", "looks/s", "p50", "p99 ms", "faces", "dropped"):
            table.add_column(column)
        for each in look.health:
            table.add_row(*_row(each))
        alarms = [_text(alarm, "red") for alarm in _alarms(look)]
        done = self._aiming() if look.is_aimed else _counts(look)
        last = (f"{done}; {self._left()}", f"{self.url}  (Ctrl-C ends)")
        return Group(table, *alarms, *map(_text, last))

    def _aiming(self) -> str:
        opens_at, now = self.term.watch_from, datetime.now(UTC)
        early = opens_at is not None and now < opens_at
        when = f" from {opens_at.astimezone(UTC):%H:%M} UTC on" if opens_at and early else ""
        return f"aiming: nobody is looked for; press Begin watching on the console{when}"

    def _left(self) -> str:
        minutes = max(int((self.term.ends_at - datetime.now(UTC)).total_seconds()), 0) // 60
        return f"{minutes // 60}:{minutes % 60:02d} h left"


@contextmanager
def live_status(term: Term) -> Iterator[LiveStatus]:
    console = Console(stderr=True)
    if not (console.is_terminal and sys.stderr.isatty()):
        with starting(None) as begun:
            yield LiveStatus(term, begun, None)
        return
    with Live(console=console, transient=True, auto_refresh=False) as screen, _log_above(console):

        def show(words: str) -> None:
            screen.update(_text(words, "yellow"), refresh=True)

        with starting(show) as begun:
            yield LiveStatus(term, begun, screen)


def summary(ended: Ended) -> Iterator[str]:
    figures, receipt, done = ended.figures, ended.receipt, counts(ended.figures)
    record = figures.record
    why = f": {REASONS[figures.reason]}" if figures.reason else ""
    yield f"{record.deployment_id} is over{why}"
    yield (
        f"faces seen {done.faces_seen}, alerts {done.alerts}: true {done.true_alerts}, false "
        f"{done.false_alerts}, unconfirmed {done.unconfirmed}; engagements {engagements(done)}, "
        f"arrests {arrests(done)}"
    )
    if figures.aimed and figures.watching_since is None:
        yield "watching was never begun: its cameras were aimed, and nobody was looked for"
    if figures.seeding:
        yield recognised(figures.seeding)
    for camera in figures.cameras:
        if not camera.frames_received:
            yield f"camera {camera.camera} gave no picture"
    for sink, number in figures.undelivered.items():
        yield f"{sink} has not taken {number} alerts and reviews; they are kept, sealed"
    if figures.unkept:
        yield lost_alerts(figures.unkept)
    if figures.cut_off:
        yield CUT_OFF
    if figures.undelivered:
        yield f"`lfr deliver {record.deployment_id} --config FILE` delivers them later"
    if figures.undecided:
        yield f"{figures.undecided} undecided: `lfr review {record.deployment_id} --config FILE`"
    files = counted(len(receipt.files), "file")
    yield f"its copy of the watchlist is destroyed: {files}, verified; see the receipt"
    yield f"`lfr report {record.deployment_id}` writes its report"


@contextmanager
def _log_above(console: Console) -> Iterator[None]:
    """Log lines go above what is shown in place, not through it."""
    root = logging.getLogger()
    above = RichHandler(console=console, show_path=False)
    above.setFormatter(LogLines())
    before, root.handlers = root.handlers, [above]
    try:
        yield
    finally:
        root.handlers = before


def _row(health: CameraHealth) -> tuple[Text | str, ...]:
    return (
        _text(health.camera),
        _text(_state(health), STYLES.get(health.state, "red")),
        f"{health.analysed_fps:.1f}",
        f"{health.look_ms_p50:.0f}",
        f"{health.look_ms_p99:.0f}",
        str(health.faces_seen),
        str(health.frames_dropped),
    )


def _text(text: str, style: str = "") -> Text:
    return plain_text(text, style, sys.stderr)


def _state(health: CameraHealth) -> str:
    if health.state == "refused":
        return f"{health.state} ({health.detail}: {MEND_IT})"
    return f"{health.state} ({health.detail})" if health.detail else health.state


def _counts(look: Situation) -> str:
    now = look.counts
    return (
        f"{counted(now.faces_seen, 'face')} seen, {counted(now.alerts, 'alert')} "
        f"({now.true_alerts} true, {now.false_alerts} false, {now.unconfirmed} unconfirmed)"
    )


def _alarms(look: Situation) -> Iterator[str]:
    if look.counts.unkept:
        yield f"{look.counts.unkept} alerts not kept: the disk has no room, free some"
    if _down(look):
        yield f"being restarted: {', '.join(_down(look))}"


def _down(look: Situation) -> list[str]:
    return [f"{part.role} {part.name}" for part in look.parts if not part.up]


def _clock() -> str:
    return f"{datetime.now(UTC):%H:%M:%S}"
