"""Who is told how a run or an enrolment goes; unless somebody listens, nothing is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from lfr_batch.front.sifting import Sifted
from lfr_batch.gallery.records import Enrolment
from lfr_batch.scanning.plan import FoundFootage, Order, Prepared
from lfr_batch.scanning.progress import UNHEARD, Progress


def _ignore(_: Any) -> None: ...


@contextmanager
def _uncounted(_total: int = 0) -> Iterator[Callable[[], None]]:
    yield lambda: None


@contextmanager
def _unheard() -> Iterator[Progress]:
    yield UNHEARD


@dataclass(frozen=True, slots=True)
class RunListener:
    """In the order in which it is called."""

    accepted: Callable[[Order], None] = _ignore
    """The order is sound, and its results have a place."""
    found: Callable[[FoundFootage], None] = _ignore
    """Before a single file is looked at."""
    sifted: Callable[[Sifted], None] = _ignore
    """Where only what is new is asked for: what is left of it, and what that costs."""
    taken_up: Callable[[str], None] = _ignore
    """A run of the same standing job was interrupted: it is finished first."""
    not_finished: Callable[[str], None] = _ignore
    """A sentence: why it could not be, so that what it had is searched anew."""
    asked_before: Callable[[str], None] = _ignore
    """The id is that of a run which is on record: that goes on."""
    created: Callable[[Prepared], None] = _ignore
    """The run is on record: from here it can be resumed."""
    searching: Callable[[], AbstractContextManager[Progress]] = _unheard
    """What it yields hears of the files that are probed, and of the segments."""


@dataclass(frozen=True, slots=True)
class EnrolListener:
    """In the order in which it is called."""

    examining: Callable[[int], AbstractContextManager[Callable[[], None]]] = _uncounted
    """Given the number of pictures; what it yields is called for every one that is done."""
    said: Callable[[str], None] = _ignore
    """Within ``examining``: a sentence about a machine that will not work on it."""
    examined: Callable[[Enrolment], None] = _ignore
    """Nothing is written yet, and nothing will be where nobody could be enrolled."""


NOBODY = RunListener()
NOBODY_ENROLLING = EnrolListener()
