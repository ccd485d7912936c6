"""Whose question the analyst answers next. Pure.

A look gives way to what is asked about tracks: a comparison or a picture is of somebody who may be
on the watchlist. But it gives way only to what was asked within ``PATIENCE_S`` after it. Among
themselves both are answered in the order in which they were asked. A camera has one question at
the analyst at a time, so that no other camera's look goes before a look twice, and after its
patience one question of each other camera at the most does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

PATIENCE_S = 1.0
"""Half of what a look may wait at all (``waiting_line.STALE_S``)."""


class InLine(NamedTuple):
    """A question that waits."""

    asked_s: float
    """On any steady clock."""
    is_look: bool


def next_of(waiting: Sequence[InLine]) -> int:
    """Which of them, at least one, is to be answered first."""
    return min(range(len(waiting)), key=lambda number: _due_s(waiting[number]))


def _due_s(it: InLine) -> float:
    return it.asked_s + PATIENCE_S * it.is_look
