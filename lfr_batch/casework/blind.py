"""What one person may know of a sighting that is being examined. Pure.

Whoever has yet to decide learns neither what others concluded nor how the software scored it: not
in an answer that a browser gets, whatever its page would show of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfr_batch.casework.examination import ExaminerDecision, SettledSighting, own, settle


@dataclass(frozen=True, slots=True)
class Insight:
    settled: SettledSighting
    is_revealed: bool
    """Whether scores and the others' decisions may be seen."""
    decisions: tuple[ExaminerDecision, ...]
    """Those that may be seen."""
    why_not: str | None
    """Why this person cannot decide, in words; None: they can."""
    has_decided: bool
    """Whether this person has."""

    @property
    def can_decide(self) -> bool:
        return self.why_not is None


def insight(
    decisions: Sequence[ExaminerDecision],
    name: str,
    *,
    examines: bool,
    audits: bool = False,
    rejected_in: str | None = None,
) -> Insight:
    """``examines``, ``audits``: what the person is there for; ``rejected_in``: the earlier run of
    the case in which it was rejected."""
    settled, mine = settle(decisions), own(decisions, name)
    is_over = settled.is_over or (rejected_in is not None and not decisions)
    is_revealed = audits or is_over or mine is not None
    shown = tuple(decisions) if is_revealed else ()
    why_not = _why_not(settled, mine, examines, rejected_in)
    return Insight(settled, is_revealed, shown, why_not, mine is not None)


def _why_not(
    settled: SettledSighting,
    mine: ExaminerDecision | None,
    examines: bool,
    rejected_in: str | None,
) -> str | None:
    if not examines:
        return "only a reviewer decides"
    if mine is not None:
        return f"you have decided this one, as {mine.stage} examiner"
    if settled.is_over:
        return "it is decided"
    if rejected_in is not None and settled.course == "first":
        return f"it was rejected in run {rejected_in} of this case, and stays rejected"
    return None
