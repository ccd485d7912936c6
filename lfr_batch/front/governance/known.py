"""What is known of a period's searches, sightings and alerts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lfr_batch.casework.examination import SettledSighting


@dataclass(frozen=True, slots=True)
class SearchFact:
    """A scan or a search that has finished."""

    run_id: str
    case_ref: str
    sightings: int


@dataclass(frozen=True, slots=True)
class SightingFact:
    """What one of them proposed, and how far that is decided."""

    case_ref: str
    subject_id: str
    attributes: Mapping[str, str]
    """Columns of the enrolment's table."""
    examined: int
    """By how many."""
    settled: SettledSighting
    decided_after_s: float | None
    """From the run's end to the decision that settled it; None: it is not settled."""
    outcome: str | None
    rejected_before: bool = False
    """In an earlier search of its case: nobody is to decide it."""


@dataclass(frozen=True, slots=True)
class AlertFact:
    case_ref: str
    verdict: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class BoardFacts:
    searches: tuple[SearchFact, ...]
    not_finished: tuple[str, ...]
    """The case of each search that has not."""
    sightings: tuple[SightingFact, ...]
    alerts: tuple[AlertFact, ...]
    deployments: tuple[str, ...]
    """The case of each."""
