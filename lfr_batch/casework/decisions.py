"""Decisions on sightings are kept: each is one row of ``reviews``, in a file that is written once.

``reviews/run_id=R/sighting-S.1.parquet`` is the first examiner's, ``.2`` the second's, ``.3`` the
third's: of two who save at once one is told what the other's place is, and takes the next. What is
written is decided, whatever happens then; its line in the audit log follows, and one that is
missing, since the process died between them, is made up for (``make_up``).
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from lfr_batch.casework.examination import (
    LONGEST_REASON,
    RESULTS,
    STAGES,
    ExaminerDecision,
    KeptDecisions,
    Official,
    Opinion,
    OutcomeNote,
    fault_of,
    own,
    same_person,
    settle,
)
from lfr_batch.errors import DecisionRefused, LfrError
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight.audit_facts import DECIDED, OUTCOME_NOTED
from lfr_batch.oversight.put import lines_on_record, put
from lfr_batch.results import layout
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import read_part, table_bytes
from lfr_batch.storage.store import S3Settings, Store
from lfr_batch.visible import plain_line

logger = logging.getLogger(__name__)

_WAY_OUT = "restore it from a copy"
_PART = re.compile(r"sighting-(.+)\.(?:([123])|outcome-(\d+))\.parquet")
_ID = re.compile(r"[0-9a-f]{16,64}")

KeptOf = Callable[[str], KeptDecisions]
"""By the id of a run. Raises StoreError, ResultsError."""


@dataclass(slots=True)
class Decisions:
    """Those of a lake. Every method may be called from any thread, and waits for the store."""

    store: Store
    home: Home
    s3: S3Settings
    _read: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Rows by path. A file that is there is never another; one that was forgotten may come again,
    as somebody else's."""
    _last: dict[str, tuple[tuple[str, ...], KeptDecisions]] = field(default_factory=dict)
    """By run: of which files, and what they say."""
    _lock: Lock = field(default_factory=Lock)

    def kept(self, run_id: str) -> KeptDecisions:
        """Raises StoreError, ResultsError for a damaged file, by name."""
        return self._kept(run_id, self._listed(run_id))

    def at_once(self) -> KeptOf:
        """Those of every run by one listing: for whoever asks of many. Raises as ``kept``."""
        listed = defaultdict[str, list[str]](list)
        for path in filter(_part_of, self.store.list("reviews")):
            listed[str(layout.run_id_of(path))].append(path)
        return lambda run_id: self._kept(run_id, tuple(sorted(listed[run_id], key=_order)))

    def _kept(self, run_id: str, paths: tuple[str, ...]) -> KeptDecisions:
        before, kept = self._last.get(run_id, ((), KeptDecisions({}, {})))
        if paths != before:
            self._drop({*before} - {*paths})
            kept = self._kept_in(run_id, paths)
            self._last[run_id] = (paths, kept)
        return kept

    def _kept_in(self, run_id: str, paths: Sequence[str]) -> KeptDecisions:
        decisions, outcomes = defaultdict[str, list[ExaminerDecision]](list), defaultdict(list)
        for path in paths:
            with suppress(FileNotFoundError):  # forgotten meanwhile
                row, part = self._row(path), _part_of(path)
                assert part
                if part[2]:
                    decisions[part[1]].append(_decision(run_id, row))
                else:
                    outcomes[part[1]].append(_outcome(run_id, row))
        return KeptDecisions(
            {name: tuple(each) for name, each in decisions.items()},
            {name: tuple(each) for name, each in outcomes.items()},
        )

    def decide(
        self,
        run_id: str,
        sighting_id: str,
        person: Official,
        opinion: Opinion,
        candidates: Sequence[str],
        decision_id: str,
    ) -> ExaminerDecision:
        """Keep it, and enter it in the log. ``decision_id``: made by whoever asks, 16 hex digits or
        more, by which the same decision that comes twice is the same one.

        Raises DecisionRefused, and StoreError, StoreFull, in which case nothing was decided.
        """
        opinion = _plain(opinion)
        fault = _fault(decision_id, opinion.reason) or fault_of(opinion, candidates)
        if fault:
            raise DecisionRefused(fault)
        while True:
            paths = self._listed(run_id)
            already = self._kept(run_id, paths).of(sighting_id)
            mine = own(already, person.name)
            if mine and mine.decision_id == decision_id:
                return mine
            _require_open(already, mine)
            stage, now = STAGES[len(already)], datetime.now(UTC)
            made = ExaminerDecision(
                decision_id, run_id, sighting_id, stage, person.name, person.role, now, opinion
            )
            number = str(_free_place(paths, sighting_id))
            path = layout.review_of_sighting(run_id, sighting_id, number)
            if self._write(path, _decision_row(made)):
                self._enter(path)
                return made

    def note_outcome(
        self, run_id: str, sighting_id: str, person: Official, outcome: str, reason: str
    ) -> OutcomeNote:
        """What became of it. What the same person noted last and says again is noted once: an
        answer may have been lost. Raises DecisionRefused where it is not decided yet; StoreError.
        """
        reason = plain_line(reason)
        if outcome not in RESULTS:
            raise DecisionRefused(f"{outcome!r} is no outcome: it is {', '.join(RESULTS)}")
        fault = _fault_of_reason(reason)
        if fault:
            raise DecisionRefused(fault)
        while True:
            paths = self._listed(run_id)
            kept = self._kept(run_id, paths)
            if not settle(kept.of(sighting_id)).is_over:
                raise DecisionRefused(
                    "an outcome is noted once two people have decided: this sighting is not "
                    "decided yet"
                )
            own_notes = [
                n for n in kept.outcomes.get(sighting_id, ()) if same_person(n.by, person.name)
            ]
            if own_notes and (own_notes[-1].outcome, own_notes[-1].reason) == (outcome, reason):
                return own_notes[-1]
            made = OutcomeNote(
                secrets.token_hex(8),
                run_id,
                sighting_id,
                person.name,
                person.role,
                datetime.now(UTC),
                outcome,  # type: ignore[arg-type]
                reason,
            )
            number = f"outcome-{_next_outcome(paths, sighting_id):04d}"
            path = layout.review_of_sighting(run_id, sighting_id, number)
            if self._write(path, _outcome_row(made)):
                self._enter(path)
                return made

    def make_up(self) -> int:
        """Enter what the log has no line of, as after a crash, of every run; how many. It reads the
        log once. Raises LfrError."""
        runs = map(layout.run_id_in, self.store.folders("reviews"))
        paths = [path for run_id in runs for path in self._listed(run_id)]
        if not paths:
            return 0
        lines = lines_on_record(self.home, self.s3)
        events = (DECIDED, OUTCOME_NOTED)
        logged = {line.get("review_id") for line in lines if line.get("event") in events}
        late = [path for path in paths if self._row(path)["review_id"] not in logged]
        return sum(self._enter(path, late=True) for path in late)

    def _listed(self, run_id: str) -> tuple[str, ...]:
        """By sighting, and in the order in which they were kept."""
        paths = self.store.list(layout.run_directory("reviews", run_id))
        return tuple(sorted(filter(_part_of, paths), key=_order))

    def _row(self, path: str) -> dict[str, Any]:
        with self._lock:
            known = self._read.get(path)
        if known is None:
            known = read_part(self.store, path, _WAY_OUT)[0]
            with self._lock:
                self._read[path] = known
        return known

    def _drop(self, gone: Iterable[str]) -> None:
        """What was said in files that are not there."""
        with self._lock:
            for path in gone:
                self._read.pop(path, None)

    def _write(self, path: str, row: Mapping[str, Any]) -> bool:
        """Whether it is there now; not where somebody else's is."""
        self._drop([path])
        data = table_bytes([row], part_schema("reviews"))
        # A bucket that ignores conditions just writes: whose it is then is what is read back.
        return self.store.write_new(path, data) or self.store.read(path) == data

    def _enter(self, path: str, *, late: bool = False) -> bool:
        """Whether the log has it; a decision stands without, and ``make_up`` enters it later."""
        row, run_id = self._row(path), layout.run_id_of(path)
        sha256 = hashlib.sha256(self.store.read(path)).hexdigest()
        said = {**_said(row), "run_id": run_id, "row_sha256": sha256}
        more = {"entered_late": True} if late else {}
        event = DECIDED if row["conclusion"] else OUTCOME_NOTED
        try:
            put(self.home, self.s3, event, {**said, **more})
        except LfrError as error:
            logger.error("the audit log has no line of %s yet: %s", path, error)  # noqa: TRY400
            return False
        return True


def new_id() -> str:
    return secrets.token_hex(16)


def _part_of(path: str) -> re.Match[str] | None:
    return _PART.fullmatch(path.rsplit("/", 1)[-1])


def _order(path: str) -> tuple[str, int]:
    found = _part_of(path)
    assert found
    return found[1], int(found[2] or found[3])


def _parts(paths: Sequence[str], sighting_id: str) -> list[re.Match[str]]:
    return [part for part in map(_part_of, paths) if part and part[1] == sighting_id]


def _free_place(paths: Sequence[str], sighting_id: str) -> int:
    """The next number of a decision, or that of one which somebody has removed."""
    taken = {int(part[2]) for part in _parts(paths, sighting_id) if part[2]}
    return next(number for number in range(1, len(STAGES) + 1) if number not in taken)


def _next_outcome(paths: Sequence[str], sighting_id: str) -> int:
    parts = _parts(paths, sighting_id)
    return max((int(part[3]) for part in parts if part[3]), default=0) + 1


def _require_open(already: Sequence[ExaminerDecision], mine: ExaminerDecision | None) -> None:
    if mine is not None:
        raise DecisionRefused(
            f"{mine.examiner} has decided this one already, as {mine.stage} examiner: another "
            "person is needed"
        )
    if settle(already).is_over:
        raise DecisionRefused(
            "this sighting is decided: two examiners have agreed, or three spoke; no other "
            "comparison of it is taken, go on with the next"
        )


def _fault(decision_id: str, reason: str) -> str | None:
    if not _ID.fullmatch(decision_id):
        return "a decision has an id of 16 to 64 hex digits"
    return _fault_of_reason(reason)


def _fault_of_reason(reason: str) -> str | None:
    if len(reason) < 3:
        return "a reason of a few words is needed"
    if len(reason) > LONGEST_REASON:
        return f"the reason has {len(reason)} letters: {LONGEST_REASON} at most"
    return None


def _plain(opinion: Opinion) -> Opinion:
    factors = tuple(dict.fromkeys(opinion.image_factors))
    return replace(opinion, image_factors=factors, reason=plain_line(opinion.reason))


def _decision_row(made: ExaminerDecision) -> dict[str, Any]:
    opinion = made.opinion
    return {
        "review_id": made.decision_id,
        "alert_id": None,
        "reviewer": made.examiner,
        "role": made.role,
        "decided_at": made.decided_at,
        "verdict": opinion.judgement,
        "reason": opinion.reason,
        "outcome": None,
        "sighting_id": made.sighting_id,
        "subject_id": opinion.subject_id,
        "stage": made.stage,
        "conclusion": opinion.conclusion,
        "components": sorted(opinion.components.items()),
        "image_factors": list(opinion.image_factors),
    }


def _outcome_row(made: OutcomeNote) -> dict[str, Any]:
    return {
        "review_id": made.outcome_id,
        "alert_id": None,
        "reviewer": made.by,
        "role": made.role,
        "decided_at": made.at,
        "verdict": None,
        "reason": made.reason,
        "outcome": made.outcome,
        "sighting_id": made.sighting_id,
        "subject_id": None,
        "stage": "outcome",
        "conclusion": None,
        "components": None,
        "image_factors": None,
    }


def _decision(run_id: str, row: Mapping[str, Any]) -> ExaminerDecision:
    return ExaminerDecision(
        row["review_id"],
        run_id,
        row["sighting_id"],
        row["stage"],
        row["reviewer"],
        row["role"],
        row["decided_at"],
        Opinion(
            row["subject_id"],
            row["conclusion"],
            dict(row["components"]),
            tuple(row["image_factors"]),
            row["reason"],
        ),
    )


def _outcome(run_id: str, row: Mapping[str, Any]) -> OutcomeNote:
    return OutcomeNote(
        row["review_id"],
        run_id,
        row["sighting_id"],
        row["reviewer"],
        row["role"],
        row["decided_at"],
        row["outcome"],
        row["reason"],
    )


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    """For the log: who decided which sighting, and not what, which a second examiner may read."""
    return {
        "sighting_id": row["sighting_id"],
        "review_id": row["review_id"],
        "stage": row["stage"],
        "name": row["reviewer"],
        "role": row["role"],
        "decided_at": row["decided_at"].isoformat(),
    }
