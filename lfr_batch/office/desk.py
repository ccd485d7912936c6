"""What examiners do with sightings, and what a screen is told of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lfr_batch.casework.blind import Insight, insight
from lfr_batch.casework.decisions import Decisions
from lfr_batch.casework.examination import (
    COURSES,
    KeptDecisions,
    Official,
    Opinion,
    Rejected,
    settle,
)
from lfr_batch.console.users import User
from lfr_batch.errors import DecisionRefused, GalleryError, RunNotFound, StoreError
from lfr_batch.evidence.hidden import HiddenClip
from lfr_batch.faces.view import FaceInCut
from lfr_batch.office.enrolled import EnrolledPictures
from lfr_batch.office.found import FoundInLake
from lfr_batch.office.messages import (
    Message,
    of_candidate,
    of_run,
    of_shots,
    of_sighting,
    of_whole_sighting,
)
from lfr_batch.office.moments import MomentMaker
from lfr_batch.office.roles import office_may
from lfr_batch.results.answers import Row

MaySee = Callable[[str, User], bool]
"""(case, who) → whether they may see its runs."""


@dataclass(slots=True)
class ExaminersDesk:
    """Every method may be called from any thread, and waits for the disk. What somebody may not see
    is not there: RunNotFound."""

    found: FoundInLake
    decisions: Decisions
    enrolled: EnrolledPictures
    moments: MomentMaker
    may_see: MaySee
    look_at_clocks: Callable[[], object]
    """So that nobody reads what is to be withheld."""
    only_run: str | None = None
    """Of `lfr review RUN`: no other is shown."""

    def runs(self, user: User) -> list[Message]:
        self.look_at_clocks()
        ids, kept_of = self.found.sighting_ids(), self.decisions.at_once()
        found = self.found.runs(self.only_run)
        seen = {ref for ref in {run["case_ref"] for run in found} if self.may_see(ref, user)}
        runs = {run["run_id"]: run for run in found if run["case_ref"] in seen}
        rejected = self.found.rejected(kept_of, [*runs])
        return [
            self._of_run(run, ids.get(run_id, ()), user, kept_of(run_id), rejected.get(run_id, {}))
            for run_id, run in runs.items()
        ]

    def run(self, user: User, run_id: str) -> Message:
        """With its sightings, in the order of time."""
        run = self.row_of_run(user, run_id)
        rows = self.found.sightings(run_id)
        kept, rejected = self.decisions.kept(run_id), self._rejected(run_id)
        ids = [row["sighting_id"] for row in rows]
        told = [
            of_sighting(
                row, self._insight(user, kept, rejected, row["sighting_id"]), kept, rejected
            )
            for row in rows
        ]
        return {"run": self._of_run(run, ids, user, kept, rejected), "sightings": told}

    def sighting(self, user: User, run_id: str, sighting_id: str) -> Message:
        run, row = self._rows(user, run_id, sighting_id)
        kept, rejected = self.decisions.kept(run_id), self._rejected(run_id)
        known = self._insight(user, kept, rejected, sighting_id)
        candidates = [
            of_candidate(each, self._faces(run, each), known.is_revealed)
            for each in self.found.candidates(run_id, sighting_id)
        ]
        shots = of_shots(self.found.shots(run_id, sighting_id), row["width"])
        return of_whole_sighting(row, known, kept, rejected, candidates, shots)

    def decide(
        self, user: User, run_id: str, sighting_id: str, opinion: Opinion, decision_id: str
    ) -> Message:
        """Raises DecisionRefused, StoreError."""
        self._rows(user, run_id, sighting_id)
        kept = self.decisions.kept(run_id)
        rejected = self._rejected(run_id).get(sighting_id)
        if rejected is not None and not kept.of(sighting_id):
            raise DecisionRefused(
                f"it was rejected in run {rejected.run_id} of this case, and stays rejected"
            )
        candidates = [row["subject_id"] for row in self.found.candidates(run_id, sighting_id)]
        who = Official(user.name, user.role)
        self.decisions.decide(run_id, sighting_id, who, opinion, candidates, decision_id)
        return self.sighting(user, run_id, sighting_id)

    def note_outcome(
        self, user: User, run_id: str, sighting_id: str, outcome: str, reason: str
    ) -> Message:
        """Raises DecisionRefused, StoreError."""
        self._rows(user, run_id, sighting_id)
        who = Official(user.name, user.role)
        self.decisions.note_outcome(run_id, sighting_id, who, outcome, reason)
        return self.sighting(user, run_id, sighting_id)

    def shot(self, user: User, run_id: str, sighting_id: str, number: int) -> bytes | None:
        """JPEG of its track; ``number`` from 1, the evidence picture."""
        self._rows(user, run_id, sighting_id)
        if not 0 < number <= len(self.found.shots(run_id, sighting_id)):
            return None
        return self.found.shot(run_id, sighting_id, number)

    def thumbnail(self, user: User, run_id: str, sighting_id: str) -> bytes | None:
        self._rows(user, run_id, sighting_id)
        return self.found.thumbnail(run_id, sighting_id)

    def moment(self, user: User, run_id: str, sighting_id: str) -> HiddenClip:
        """A few seconds around it, everyone else hidden. Raises as ``MomentMaker.of``."""
        run, row = self._rows(user, run_id, sighting_id)
        if row["footage_kind"] != "video":
            raise RunNotFound("a still has no moment: the picture is all there is")
        return self.moments.of(run, *self.found.whole_rows(run_id, sighting_id))

    def enrolled_picture(
        self, user: User, run_id: str, sighting_id: str, rank: int, number: int
    ) -> bytes | None:
        """JPEG; ``number`` from 1, the picture that scored best. Raises GalleryError, StoreError
        where the snapshot is gone."""
        run, _ = self._rows(user, run_id, sighting_id)
        for each in self.found.candidates(run_id, sighting_id):
            images = self._images(run, each) if each["rank"] == rank else ()
            if 0 < number <= len(images):
                place = (run["gallery"], run["gallery_snapshot"])
                return self.enrolled.jpegs(*place, [images[number - 1]]).get(images[number - 1])
        return None

    def require_packable(self, user: User, run_id: str, wanted: Collection[str]) -> None:
        """A pack tells scores and what others concluded: nobody gets one of a sighting that they
        may yet decide. ``wanted``: ids; none: all of the run. Raises RunNotFound, DecisionRefused.
        """
        self.row_of_run(user, run_id)
        kept, rejected = self.decisions.kept(run_id), self._rejected(run_id)
        ids = [row["sighting_id"] for row in self.found.sightings(run_id)]
        asked = [each for each in ids if not wanted or each in wanted]
        due = [e for e in asked if self._insight(user, kept, rejected, e).can_decide]
        if due:
            raise DecisionRefused(
                f"a pack tells scores and what others concluded, and {user.name} may yet decide "
                f"{len(due)} of these {len(asked)} sightings: decide them first, or let somebody "
                "ask for it who does not examine"
            )

    def row_of_run(self, user: User, run_id: str) -> Row:
        """Raises RunNotFound where there is none that they may see."""
        self.look_at_clocks()
        allowed = self.only_run in (None, run_id)
        runs = self.found.runs(run_id) if allowed else []
        if not runs or not self.may_see(runs[0]["case_ref"], user):
            raise RunNotFound(f"there is no finished run {run_id} that you may see")
        return runs[0]

    def _rows(self, user: User, run_id: str, sighting_id: str) -> tuple[Row, Row]:
        run = self.row_of_run(user, run_id)
        row = self.found.sighting(run_id, sighting_id)
        if row is None:
            raise RunNotFound(f"run {run_id} has no sighting {sighting_id}")
        return run, row

    def _of_run(
        self,
        run: Row,
        ids: Sequence[str],
        user: User,
        kept: KeptDecisions,
        rejected: Mapping[str, Rejected],
    ) -> Message:
        known = [self._insight(user, kept, rejected, each) for each in ids]
        before = {each for each in ids if each in rejected and not kept.of(each)}
        courses = Counter(settle(kept.of(each)).course for each in ids if each not in before)
        mine = sum(each.can_decide for each in known)
        return of_run(run, {name: courses[name] for name in COURSES}, mine, len(before))

    def _rejected(self, run_id: str) -> Mapping[str, Rejected]:
        return self.found.rejected(self.decisions.kept, [run_id]).get(run_id, {})

    def _insight(
        self, user: User, kept: KeptDecisions, rejected: Mapping[str, Rejected], sighting_id: str
    ) -> Insight:
        earlier = rejected.get(sighting_id)
        return insight(
            kept.of(sighting_id),
            user.name,
            examines=office_may(user.role, "examine"),
            audits=office_may(user.role, "audit"),
            rejected_in=earlier.run_id if earlier else None,
        )

    def _faces(self, run: Row, candidate: Mapping[str, Any]) -> Sequence[FaceInCut | None]:
        """Of each of a candidate's pictures where the face is in it, as far as that is known."""
        images = self._images(run, candidate)
        place = (run["gallery"], run["gallery_snapshot"])
        known = self.enrolled.faces(*place, images) if images else {}
        return [known.get(each) for each in images]

    def _images(self, run: Row, candidate: Mapping[str, Any]) -> Sequence[str]:
        """None where the snapshot is gone: the page says so beside the evidence."""
        place = (run["gallery"], run["gallery_snapshot"])
        try:
            return self.enrolled.images_of(*place, candidate["subject_id"], candidate["image_id"])
        except (GalleryError, StoreError):
            return ()
