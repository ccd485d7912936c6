"""Copies that left the lake, reports and exports: who wrote what where, of which runs.

One small file each, under the state of the run that it shows or, where it shows several, beside
the states of all::

    _state/run_id=R/copies/20261127T113607-1f2e3d4c.json
    _copies/20261127T113607-1f2e3d4c.json

It is noted before the copy is written. That one is noted does not say that it is still there.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lfr_batch.errors import ResultsError
from lfr_batch.results import layout
from lfr_batch.storage.store import Store

_COPIES = "copies"
_OF_SEVERAL = "_copies"


class Copy(BaseModel):
    """What was written, where, by whom."""

    model_config = ConfigDict(frozen=True)

    what: Literal["report", "export", "evidence"]
    place: str
    """Path from the root of ``machine``."""
    machine: str
    at: AwareDatetime
    by: str
    """Login name, or as stated."""
    run_ids: tuple[str, ...]
    case_ref: str | None = None
    rows: int
    """Sightings shown, rows or pictures written."""
    shows_subjects: bool
    """Whether people of a gallery are named or shown in it."""
    mark: str | None = None
    """What a report says of itself, so that no other file is taken for it."""

    @property
    def is_report(self) -> bool:
        """Written to be read by people, and deleted by a forgetting; what was exported is for other
        programs, wherever it has gone."""
        return self.what == "report"


def copy_of(
    what: Literal["report", "export", "evidence"],
    place: str,
    by: str,
    run_ids: Sequence[str],
    rows: int,
    *,
    case_ref: str | None = None,
    shows_subjects: bool = True,
    mark: str | None = None,
) -> Copy:
    """A copy written now, on this machine."""
    return Copy(
        what=what,
        place=place,
        machine=socket.gethostname(),
        at=datetime.now(UTC),
        by=by,
        run_ids=tuple(run_ids),
        case_ref=case_ref,
        rows=rows,
        shows_subjects=shows_subjects,
        mark=mark,
    )


def note_copy(store: Store, copy: Copy) -> None:
    """Raises StoreFull, StoreUnreachable."""
    name = f"{copy.at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.json"
    only = copy.run_ids[0] if len(copy.run_ids) == 1 else None
    path = layout.state(only, _COPIES, name) if only else f"{_OF_SEVERAL}/{name}"
    store.write_atomic(path, copy.model_dump_json(indent=1).encode())


def copies_known(store: Store, run_id: str) -> tuple[Copy, ...]:
    """All that was noted of a run, oldest first. Raises ResultsError for a note that is damaged."""
    return tuple(notes_of(store, (run_id,)).values())


def notes_of(store: Store, run_ids: Collection[str]) -> dict[str, Copy]:
    """The copies that show any of these runs, by where the note of each lies, oldest first. Raises
    ResultsError for a note that is damaged."""
    places = (*(layout.state(run_id, _COPIES) for run_id in run_ids), _OF_SEVERAL)
    paths = (path for place in places for path in store.list(place) if path.endswith(".json"))
    known, wanted = {path: _read(store, path) for path in paths}, set(run_ids)
    theirs = ((path, copy) for path, copy in known.items() if wanted.intersection(copy.run_ids))
    return dict(sorted(theirs, key=lambda noted: noted[1].at))


def all_notes(store: Store) -> dict[str, Copy]:
    """As ``notes_of``, of every run."""
    paths = [path for path in store.list("_state") if f"/{_COPIES}/" in path]
    return {path: _read(store, path) for path in (*paths, *store.list(_OF_SEVERAL))}


def delete_report(copy: Copy) -> str | None:
    """Delete the file if it still is that report and lies on this machine; else why not."""
    if copy.machine != socket.gethostname():
        return f"on machine {copy.machine}"
    path = Path(copy.place)
    try:
        is_it = copy.mark is not None and copy.mark.encode() in path.read_bytes()
        if is_it:
            path.unlink()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"it cannot be deleted ({error.strerror or error})"
    return None if is_it else "another file lies there now"


def _read(store: Store, path: str) -> Copy:
    try:
        return Copy.model_validate_json(store.read(path))
    except ValidationError as error:
        raise ResultsError(
            f"{path} in {store.uri} is damaged: it names a copy that left the lake; restore it, or "
            "find out who wrote it and delete it"
        ) from error
