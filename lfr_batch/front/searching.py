"""Probes of an evaluation or a calibration are given to the engine, and counted as they come."""

from __future__ import annotations

from collections.abc import Sequence

from lfr_batch.engine.table import Engines
from lfr_batch.evaluation.outcomes import EvaluatedOutcome, ProbeItem
from lfr_batch.evaluation.probes import EvaluationSpec, search_probes
from lfr_batch.front.listeners import EnrolListener


def searched(
    engines: Engines, spec: EvaluationSpec, items: Sequence[ProbeItem], listener: EnrolListener
) -> list[EvaluatedOutcome]:
    """An outcome for every item. Raises as ``search_probes``."""
    with (
        engines.open(spec.config.engine, listener.said) as run,
        listener.examining(len(items)) as count,
    ):
        found = list[EvaluatedOutcome]()
        for outcome in search_probes(run, spec, items, listener.said):
            found.append(outcome)
            count()
        return found
