"""What one round of the benchmark runs, in this order. A new measurement is a line here. Pure."""

from __future__ import annotations

from dataclasses import dataclass

EXCERPT_S = 4.0
"""What the slow loops can go through in reasonable time; the known person crosses in it."""


@dataclass(frozen=True, slots=True)
class Task:
    contender: str
    clip: str
    until_s: float | None = None
    passes: int = 1
    rounds: int | None = None
    """At most so many: for what is slow, or matters less. None: all there are."""

    @property
    def key(self) -> str:
        extent = "" if self.until_s is None else f" {self.until_s:g} s"
        return f"{self.contender}, {self.clip}{extent}"

    @property
    def footage(self) -> str:
        return self.clip if self.until_s is None else f"{self.clip}, first {self.until_s:g} s"


EVERY = Task("every", "street", EXCERPT_S, passes=3)
INSIGHTFACE = Task("insightface", "street", EXCERPT_S)
PARTS = Task("parts", "street")
EVERY_MINUTE = Task("every", "street")
DEFAULT_STREET = Task("default", "street")
DEFAULT_STATIC = Task("default", "cctv_static")
EVERY_1080P = Task("every", "talk")
STARTUP = Task("startup", "street")
OVERHEAD = Task("overhead", "street", passes=4)
OVERHEAD_STATIC = Task("overhead", "cctv_static", passes=12)

TASKS: tuple[Task, ...] = (
    EVERY,
    INSIGHTFACE,
    Task("quick", "street", EXCERPT_S, passes=3, rounds=2),
    Task("thorough", "street", EXCERPT_S, passes=3, rounds=2),
    Task("gated", "street", EXCERPT_S, passes=3, rounds=2),
    Task("opencv", "street", EXCERPT_S, rounds=2),
    Task("plain", "street", EXCERPT_S, rounds=2),
    PARTS,
    EVERY_MINUTE,
    DEFAULT_STREET,
    Task("quick_default", "street", rounds=1),
    Task("thorough_default", "street", rounds=1),
    Task("default", "street_b", rounds=1),
    DEFAULT_STATIC,
    EVERY_1080P,
    STARTUP,
    OVERHEAD,
    OVERHEAD_STATIC,
)
