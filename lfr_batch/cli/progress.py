"""Progress on stderr: a moving bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from lfr_batch.cli.durations import clock
from lfr_batch.cli.found import Notes
from lfr_batch.cli.output import counted, say
from lfr_batch.records import FootageAsset, Segment, SegmentOutcome

LINE_EVERY_S = 10.0


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar that moves by one at each call; nothing where there is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@dataclass(slots=True)
class ScanProgress:
    """Counts of a running scan, which calls what ``scanning.progress.Progress`` has."""

    bar: Progress
    task: TaskID = TaskID(0)
    files: int = 0
    to_probe: int = 0
    is_planned_now: bool = False
    notes: Notes = field(default_factory=Notes)
    planned: int = 0
    todo: int = 0
    done: int = 0
    failed: int = 0
    faces: int = 0
    sightings: int = 0
    media_s: float = 0.0
    started_at: float = field(default_factory=monotonic)
    said_at: float = 0.0

    def probe(self, files: int, left: int) -> None:
        self.files, self.to_probe, self.is_planned_now = files, left, True
        if left < files:
            say(f"{files - left} of {counted(files, 'file')} probed already")
        self.task = self.bar.add_task("", total=left, line="probing footage")

    def probed(self, assets: Sequence[FootageAsset]) -> None:
        self.notes.add(assets)
        self.to_probe -= 1
        line = f"{self.files - self.to_probe}/{counted(self.files, 'file')} probed"
        self.bar.update(self.task, advance=1, line=line)
        self._say_now_and_then(line)

    def start(self, plan: Sequence[Segment], todo: int) -> None:
        self.planned, self.todo, self.started_at = len(plan), todo, monotonic()
        if self.is_planned_now:
            self.bar.remove_task(self.task)
            self.notes.tell()
            say(f"planned: {counted(len(plan), 'segment')}")
        if todo < len(plan):
            say(f"{len(plan) - todo} of {counted(len(plan), 'segment')} done already")
        self.task = self.bar.add_task("", total=todo, line="starting")

    def take(self, outcome: SegmentOutcome) -> None:
        self.done += outcome.status == "done"
        self.failed += outcome.status != "done"
        self.faces += outcome.faces_detected
        self.sightings += outcome.sightings
        self.media_s += outcome.media_s
        line = self.line()
        self.bar.update(self.task, completed=self.done + self.failed, line=line)
        self._say_now_and_then(line)

    def _say_now_and_then(self, line: str) -> None:
        """Where there is no terminal."""
        if self.bar.disable and monotonic() - self.said_at >= LINE_EVERY_S:
            self.said_at = monotonic()
            say(line)

    def tell(self, sentence: str) -> None:
        say(sentence)

    def line(self) -> str:
        """Segments done and failed, × real time, faces, sightings, time left."""
        elapsed_s = max(monotonic() - self.started_at, 1e-6)
        finished = self.done + self.failed
        left_s = elapsed_s / finished * (self.todo - finished) if finished else 0.0
        return (
            f"{finished}/{counted(self.todo, 'segment')}, {self.failed} failed, "
            f"{self.media_s / elapsed_s:.1f}× real time, {counted(self.faces, 'face')}, "
            f"{counted(self.sightings, 'sighting')}, {clock(left_s)} left"
        )


@contextmanager
def scan_progress() -> Iterator[ScanProgress]:
    console = Console(stderr=True)
    columns = (BarColumn(), TextColumn("{task.fields[line]}", markup=False))
    shown = console.is_terminal and sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        progress = ScanProgress(bar)
        yield progress
    if progress.todo:
        say(progress.line())
