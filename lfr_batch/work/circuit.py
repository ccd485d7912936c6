"""When work is handed out while a bucket does not answer: not for a while, then one item to see,
and on once something comes back. Pure.

The pauses grow and are spread (exponential back-off with jitter), so that many workers do not come
back to a store at the same instant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 120.0
SPREAD = 0.25
"""Of a pause, by which it is longer or shorter."""
MOST_OUTAGE_S = 3600.0
"""Without a single result, until a run gives up; it can be resumed."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """Times in seconds of one steady clock. Closed, and all goes on, while ``since_s`` is None."""

    since_s: float | None = None
    """When the first item was lost to the outage."""
    until_s: float = 0.0
    """Nothing is handed out before; then one item."""
    pauses: int = 0
    trying: bool = False
    """Whether that one item is on its way."""
    said: str = ""
    """The store's last sentence."""

    @property
    def is_open(self) -> bool:
        return self.since_s is not None


CLOSED = Circuit()


def may_begin(circuit: Circuit, now_s: float) -> bool:
    return not circuit.is_open or (not circuit.trying and now_s >= circuit.until_s)


def handed_out(circuit: Circuit) -> Circuit:
    return replace(circuit, trying=True) if circuit.is_open else circuit


def lost_to_store(circuit: Circuit, now_s: float, said: str, chance: float) -> Circuit:
    """``chance``: 0 to 1, at random. What was in hand when it opened makes no pause longer."""
    if circuit.is_open and not circuit.trying:
        return replace(circuit, said=said)
    wanted = min(FIRST_PAUSE_S * 2**circuit.pauses, LONGEST_PAUSE_S)
    pause_s = wanted * (1 + SPREAD * (2 * chance - 1))
    since_s = now_s if circuit.since_s is None else circuit.since_s
    return Circuit(since_s, now_s + pause_s, circuit.pauses + 1, trying=False, said=said)


def answered(_: Circuit) -> Circuit:
    """Something came back: the store answers."""
    return CLOSED


def not_tried(circuit: Circuit) -> Circuit:
    """The item that was to try it was lost to something else."""
    return replace(circuit, trying=False)


def has_given_up(circuit: Circuit, now_s: float) -> bool:
    """Not while one is on its way to see."""
    waited_s = 0.0 if circuit.since_s is None or circuit.trying else now_s - circuit.since_s
    return waited_s >= MOST_OUTAGE_S
