"""One run, hit at moments of a seed: its driver is started again until the run is over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

from benchmarks.faulty_proxy import FaultyProxy
from benchmarks.soak_case import FOOTAGE, GALLERY, Bucket, given_up, results_of, standing
from benchmarks.soak_cluster import Process, Soaked, send
from benchmarks.soak_hits import ALL, Hit, Kind
from benchmarks.soak_verdict import COMPLETE, End, Record, Struck, held_against, last_line
from lfr_batch.errors import LfrError

LFR = (sys.executable, "-m", "lfr_batch.cli.app")
WHO = ("--case", "SOAK", "--authority", "benchmarks.soak", "--purpose", "hitting runs")
SETTINGS = {
    "footage.segment_s": "5",
    "footage.sample_fps": "8",
    "footage.motion.enabled": "false",
    "engine.ledger_flush_s": "0.1",
    "engine.cpus_per_worker": "1",
    "engine.gpus_per_worker": "0",
}
"""Many segments, each with time to be hit, and a receipt for each."""
TICK_S, LOOK_S = 0.2, 0.5
LONGEST_S = 900.0
"""Of a run with its resumptions: it is broken off."""
SILENT_S = 150.0
"""Nothing comes back and nothing is said: an offence."""
AFTER_S = 3.0
"""Between the end of a driver and the next."""
RESUMPTIONS = 25


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs are done, and what is needed to hit them."""

    cluster: Soaked
    proxy: FaultyProxy
    bucket: Bucket
    environment: Mapping[str, str]
    """Of drivers."""
    folder: Path
    """For what they say."""
    nodes: int


@dataclass(slots=True)
class Course:
    """Of a run under way."""

    place: Place
    record: Record
    hits: Iterator[Hit]
    most: int
    """Hits."""
    began_s: float = field(default_factory=monotonic)
    driver: subprocess.Popen[bytes] | None = None
    said: Path = Path(os.devnull)
    sent: set[str] = field(default_factory=set)
    agenda: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    """What is to be done later: a stopped process goes on, a node joins again."""
    joining: Thread | None = None
    next: Hit | None = None
    due_s: float | None = None
    """When the next hit comes; None: when it has gone on."""
    receipts: frozenset[tuple[str, str]] = frozenset()
    looked_s: float = 0.0
    moved_s: float = field(default_factory=monotonic)
    """When a receipt came last, or the driver said something."""
    length: int = 0
    """Of what it has said."""

    def play(self) -> Record:
        record = self.record
        try:
            while not self._is_over():
                sleep(TICK_S)
                self._keep_agenda()
                self._watch()
                self._hit()
        finally:
            self._end()
        record.lasted_s = monotonic() - self.began_s
        return record

    def _is_over(self) -> bool:
        if self.driver is not None and self.driver.poll() is None:
            if monotonic() - self.began_s > LONGEST_S:
                self.record.offences.append(f"a run had not ended after {LONGEST_S:.0f} s")
                return True
            return False
        if self.driver is not None and self._has_ended(self.driver.returncode):
            return True
        if len(self.record.ends) >= RESUMPTIONS:
            self.record.offences.append(f"a run is not complete after {RESUMPTIONS} drivers")
            return True
        self._drive()
        return False

    def _has_ended(self, code: int) -> bool:
        """Whether the run is over with it."""
        end = End(code, self.said.read_text(errors="replace"), frozenset(self.sent))
        self.record.ends.append(end)
        self.record.notices += _notices(end.said)
        self.record.offences += held_against(end)
        self._look()
        for struck in self._open():
            if struck.ended is None:
                struck.ended, struck.said = code, last_line(end.said)
        if code in COMPLETE:
            if count := given_up(self.record.run_id):
                self.record.given_up += count
                return False
            for struck in self._open():
                struck.went_on_s = self._now_s() - struck.at_s
            return True
        self._judge_head(end)
        return False

    def _judge_head(self, end: End) -> None:
        """Who loses the head says so, in the run's row, too."""
        if end.code != 1 or "head of the Ray cluster" not in end.said:
            return
        with suppress(LfrError):
            status, error = standing(self.record.run_id)
            if status != "failed" or "head of the Ray cluster" not in (error or ""):
                self.record.offences.append(f"the head was lost: the row says {status}, {error}")

    def _drive(self) -> None:
        """Scan, or go on."""
        if self.record.ends:
            sleep(AFTER_S)
        self._keep_agenda()
        if not self.place.cluster.has_head():
            self._all_join()
            self.place.cluster.start(self.place.nodes)
        run_id, settings = self.record.run_id, [f"--set={k}={v}" for k, v in SETTINGS.items()]
        where = ["--out", results_of(run_id), "--address", self.place.cluster.address]
        if self.place.bucket.is_planned(run_id):
            command = ["resume", run_id, *where]
        else:
            command = ["scan", FOOTAGE, "--gallery", GALLERY, *WHO, "--run-id", run_id]
            command += [*settings, *where]
        number = len(self.record.ends)
        self.said, self.sent = self.place.folder / f"{run_id}-{number:02d}.log", set()
        with self.said.open("wb") as said:
            self.driver = subprocess.Popen(
                [*LFR, *command],
                env=dict(self.place.environment),
                stdout=subprocess.DEVNULL,
                stderr=said,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.length, self.moved_s = 0, monotonic()
        if self.due_s is None and self.next is None:
            self._draw()

    def _draw(self) -> None:
        self.next = hit = next(self.hits, None)
        self.due_s = None if hit is None or (hit.patient and self._open()) else self._later(hit)

    def _later(self, hit: Hit) -> float:
        return monotonic() + hit.after_s

    def _hit(self) -> None:
        if self.next is None or len(self.record.struck) >= self.most:
            return
        if self.due_s is None and not self._open():
            self.due_s = self._later(self.next)
        if self.due_s is None or monotonic() < self.due_s:
            return
        whom = self._strike(self.next)
        if whom:
            self.record.struck.append(Struck(self.next, self._now_s(), whom))
            self._draw()

    def _strike(self, hit: Hit) -> str:
        """Whom it met; '' where there is nobody to hit at the moment."""
        if hit.kind == "store":
            self.place.proxy.trouble = "away" if hit.way == "away" else "expired"
            self._schedule(hit.for_s, self._mend_store)
            return "the bucket"
        whom = self._targets(hit)
        if not whom:
            return ""
        send(whom, signal.Signals[f"SIG{hit.way}"])
        if hit.way == "STOP":
            self._schedule(hit.for_s, lambda: send(whom, signal.SIGCONT))
        if hit.kind == "driver":
            self.sent.add(hit.way)
        elif hit.kind in {"raylet", "nodes"} and hit.back_s is not None:
            self._schedule(hit.back_s + (hit.for_s if hit.way == "STOP" else 0), self._rejoin)
        return f"{len(whom)} processes, {whom[0].pid} first"

    def _targets(self, hit: Hit) -> list[Process]:
        cluster, driver = self.place.cluster, self.driver
        if driver is None or driver.poll() is not None:
            return []
        if hit.kind == "driver":
            return [Process(driver.pid, os.getpid(), driver.pid, "driver")]
        if hit.kind == "nodes":
            there = [session for session in cluster.nodes if cluster.raylet(session)]
            hit_ones = there if hit.which < ALL else there[: max(1, len(there) - 1)]
            return [p for session in hit_ones for p in cluster.everything_of(session)]
        if hit.kind == "head":
            return cluster.everything_of(cluster.head)
        found = _ALONE[hit.kind](cluster, driver.pid)
        return [found[int(hit.which * len(found))]] if found else []

    def _schedule(self, in_s: float, what: Callable[[], None]) -> None:
        self.agenda.append((monotonic() + in_s, what))

    def _keep_agenda(self, *, all_of_it: bool = False) -> None:
        due = [each for each in self.agenda if all_of_it or each[0] <= monotonic()]
        self.agenda = [each for each in self.agenda if each not in due]
        for _, act in due:
            act()

    def _mend_store(self) -> None:
        self.place.proxy.trouble = None

    def _rejoin(self) -> None:
        """Beside what goes on: a node takes seconds to start."""
        self._all_join()
        self.joining = Thread(target=self._fill)
        self.joining.start()

    def _fill(self) -> None:
        with suppress(RuntimeError):  # the head is gone meanwhile
            if self.place.cluster.has_head():
                self.place.cluster.fill(self.place.nodes)

    def _all_join(self) -> None:
        if self.joining is not None:
            self.joining.join()

    def _watch(self) -> None:
        if monotonic() - self.looked_s < LOOK_S:
            return
        length = self.said.stat().st_size
        if length != self.length:
            self.length, self.moved_s = length, monotonic()
        self._look()
        if monotonic() - self.moved_s > SILENT_S and not self._is_stopped():
            self.moved_s = monotonic()
            self.record.offences.append(f"nothing was said for {SILENT_S:.0f} s")

    def _is_stopped(self) -> bool:
        return "STOP" in self.sent and bool(self.agenda)

    def _look(self) -> None:
        found, self.looked_s = self.place.bucket.receipts(self.record.run_id), monotonic()
        if found - self.receipts:
            self.moved_s = monotonic()
            for struck in self._open():
                struck.went_on_s = self._now_s() - struck.at_s
        self.receipts |= found

    def _open(self) -> list[Struck]:
        return [struck for struck in self.record.struck if struck.went_on_s is None]

    def _now_s(self) -> float:
        return monotonic() - self.began_s

    def _end(self) -> None:
        self._keep_agenda(all_of_it=True)
        self._all_join()
        if self.driver is not None and self.driver.poll() is None:
            self.driver.kill()
            self.driver.wait()


_ALONE: Mapping[Kind, Callable[[Soaked, int], list[Process]]] = {
    "child": lambda cluster, driver: cluster.children(driver),
    "supervisor": lambda cluster, _: cluster.supervisors(),
    "raylet": lambda cluster, _: [p for node in cluster.nodes for p in cluster.raylet(node)],
    "gcs": lambda cluster, _: cluster.gcs(),
    "near": lambda cluster, _: cluster.raylet(cluster.head),
}
"""Of these one is hit."""


def _notices(said: str) -> list[str]:
    """What the operator was told, but for how far it is."""
    lines = [line.strip() for line in said.splitlines()]
    return [line for line in lines if line.endswith(".") and "segments" not in line]
