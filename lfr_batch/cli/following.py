"""`lfr status --follow`: how a run goes that is worked on elsewhere, until it is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from lfr_batch.cli.output import counted
from lfr_batch.results.notices import read_notices
from lfr_batch.results.run_log import UNDER_WAY
from lfr_batch.results.status import RunOverview, run_progress
from lfr_batch.results.stored_run import StoredRun

EVERY_S = 5.0
SHARE = 0.1
"""Of the time, at most, that looking takes: a plan may have a million segments."""
LINE_EVERY_S = 30.0
STALL_S = 100.0
"""Without a receipt; a segment that takes longer is looked into, too."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What has been said, and since when nothing has changed; seconds of one steady clock."""

    over: int = -1
    """Segments with a receipt, or files that have been probed."""
    changed_s: float = 0.0
    said_s: float = float("-inf")
    stall_said: bool = False
    notices: int = 0


def follow(
    run: StoredRun,
    say: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> RunOverview:
    """The run as it is when it is over, or nobody works on it any more."""
    heard = Heard(changed_s=clock())
    while True:
        began_s = clock()
        found, notices = run_progress(run), read_notices(run)
        for notice in notices[heard.notices :]:
            say(f"{notice.at:%H:%M:%S} UTC: {notice.sentence}")
        heard = replace(heard, notices=len(notices))
        if found.status not in UNDER_WAY:
            return found
        lines, heard = news(found, heard, clock())
        for line in lines:
            say(line)
        sleep(max(EVERY_S, (clock() - began_s) / SHARE))


def news(found: RunOverview, heard: Heard, now_s: float) -> tuple[list[str], Heard]:
    """What is to be said now. Pure."""
    lines, (what, over, left) = list[str](), _far(found)
    if over != heard.over:
        heard = replace(heard, over=over, changed_s=now_s, stall_said=False)
    still_s = now_s - heard.changed_s
    if still_s >= STALL_S and not heard.stall_said:
        heard = replace(heard, stall_said=True)
        lines.append(
            f"{what} for {still_s:.0f} s, and {left} are left: see the log of the run and "
            "`ray status`; `lfr cancel` ends the run, `lfr resume` goes on."
        )
    if now_s - heard.said_s >= LINE_EVERY_S and not heard.stall_said:
        heard = replace(heard, said_s=now_s)
        lines.append(line(found))
    return lines, heard


def _far(found: RunOverview) -> tuple[str, int, int]:
    """What has not happened where nothing moves, how many are over, and how many are left."""
    if found.probed:
        probed, files = found.probed
        return "No file has been probed", probed, files - probed
    progress = found.progress
    over = progress.done + progress.failed + progress.quarantined
    return "No segment has ended", over, progress.pending


def line(found: RunOverview) -> str:
    if found.probed:
        return f"planning: {found.probed.sentence}"
    progress = found.progress
    over = progress.done + progress.failed + progress.quarantined
    return (
        f"{over}/{counted(progress.planned, 'segment')}, "
        f"{progress.failed + progress.quarantined} failed, "
        f"{found.speed or 0.0:.1f}× real time, {counted(progress.faces_detected, 'face')}, "
        f"{counted(progress.sightings, 'sighting')}"
    )
