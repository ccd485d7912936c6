"""`lfr rerun`: a pack's search repeated, and whether it finds the same."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lfr_batch.config.load import parse_config
from lfr_batch.config.schema import Config
from lfr_batch.engine.in_process import run_in_child
from lfr_batch.errors import EngineError, StoreAway, StoreUnreachable
from lfr_batch.evidence.again import (
    AgainSpec,
    RowDifference,
    SearchedAgain,
    differences,
    faults,
    open_again,
)
from lfr_batch.evidence.opened_pack import OpenedPack, open_evidence
from lfr_batch.front.runs import said_over
from lfr_batch.front.settings import Settings
from lfr_batch.oversight.authority import operator_name
from lfr_batch.oversight.put import put
from lfr_batch.records import Segment, Sighting
from lfr_batch.scanning.execute import search_spec
from lfr_batch.work.lost import Lost, none_lost
from lfr_batch.work.privacy import protect_files

RERUN = "evidence.rerun"
"""The event in the audit log."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rerun:
    """What became of it."""

    run_id: str
    sightings: tuple[str, ...]
    key: str
    """Fingerprint of the key that signed the pack."""
    segments: int
    faults: tuple[str, ...]
    """Why it could not be repeated, a sentence each; none: it was."""
    differences: tuple[RowDifference, ...]

    @property
    def is_same(self) -> bool:
        return not self.faults and not self.differences


def rerun(
    path: Path, settings: Settings, key: str | None = None, operator: str | None = None
) -> Rerun:
    """Search the segments of a pack's sightings again, with the models and the gallery of the home.

    Nothing is written but a line of the audit log: faces are compared again. Raises ResultsError
    for a pack that was changed, UsageError, StoreError, AuditBroken, EngineError.
    """
    protect_files()
    pack = open_evidence(path, key)
    home, config = settings.home_place, _config(pack, settings)
    wrong = tuple(faults(pack, home, config))
    found: list[Sighting] = []
    if not wrong:
        _put_on_record(pack, settings, operator)
        found = _found(pack, settings, config)
    told = () if wrong else tuple(differences(pack, found))
    manifest = pack.verified.manifest
    return Rerun(
        manifest["run_id"],
        tuple(manifest["sightings"]),
        pack.verified.key,
        len(pack.plan.segments),
        wrong,
        told,
    )


def _config(pack: OpenedPack, settings: Settings) -> Config:
    """The run's own, but for places, the engine and the limits."""
    recorded = parse_config(pack.request.config, f"the request of run {pack.request.run_id}")
    _, s3 = settings.home_and_s3()
    return said_over(recorded, settings).model_copy(update={"s3": s3})


def _found(pack: OpenedPack, settings: Settings, config: Config) -> list[Sighting]:
    home = settings.home_place
    spec = replace(search_spec(pack.request, config, home), home=home)
    found: list[Sighting] = []
    replies: Iterator[SearchedAgain | Lost[Segment]] = run_in_child(
        open_again, AgainSpec(spec), pack.plan.segments
    )
    for each in none_lost(replies):
        if each.error is not None:
            raise EngineError(f"{each.error}; the search could not be repeated")
        found += each.sightings
    return found


def _put_on_record(pack: OpenedPack, settings: Settings, operator: str | None) -> None:
    manifest = pack.verified.manifest
    said = {
        "run_id": manifest["run_id"],
        "case_ref": manifest["case_ref"],
        "by": operator_name(operator),
        "sightings": manifest["sightings"],
        "evidence_key": pack.verified.key,
    }
    try:
        put(*settings.home_and_s3(), RERUN, said)
    except StoreAway:
        raise
    except StoreUnreachable as error:
        logger.warning("the audit log has no line of this rerun: %s", error)
