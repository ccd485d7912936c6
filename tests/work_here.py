"""What commands would do in a guarded process, done in this one, with models that are opened once.

A worker takes two seconds of a processor to start, again for each command. What it answers does
not depend on where it is: ``tests/contracts`` hold engines to that, ``tests/engine`` and
``tests/work`` the guarded process to its limits, and ``tests/e2e`` runs commands as they are. What
goes to a worker and comes back is pickled here, too.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any, TypeVar

import pytest

from lfr_batch.engine import table
from lfr_batch.front import dry_run, rerun
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import BACKENDS, Session
from lfr_batch.storage.files import sha256_of
from lfr_batch.work.attempts import Runner
from lfr_batch.work.here import run_here

MOST_KEPT = 32
"""Sessions."""

T = TypeVar("T")
OpenSession = Callable[[ModelFile, SessionPlan], Session]


@contextmanager
def work_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "in_child", _in_no_child)
        patch.setitem(table.ENGINES, "in_process", _in_no_child)
        for module in (table, dry_run, rerun):
            patch.setattr(module, "run_in_child", _run)
        for name, open_session in BACKENDS.items():
            patch.setitem(BACKENDS, name, partial(_of_whatever_home, open_session))
        yield


@contextmanager
def _in_no_child(*_: object) -> Iterator[Runner]:
    yield _run


def _run(
    open_worker: Callable[[Any], Callable[[Any], Any]],
    spec: Any,
    items: Iterable[Any],
    together: int = 1,
) -> Iterator[Any]:
    opened, given = _sent((open_worker, spec))
    yield from map(_sent, run_here(opened, given, map(_sent, items), together))


def _sent(what: T) -> T:
    there: T = pickle.loads(pickle.dumps(what))
    return there


@dataclass(frozen=True, slots=True)
class _Content:
    """Of a model's file; homes of tests have links to the same, or copies."""

    sha256: str
    path: Path = field(compare=False)


def _of_whatever_home(open_session: OpenSession, model: ModelFile, plan: SessionPlan) -> Session:
    if plan.device != "cpu" or current_thread() is not main_thread():
        return open_session(model, plan)  # threads of a worker have sessions of their own
    path = model.path.resolve()
    content = _Content(_sha256(path, path.stat().st_mtime_ns), path)
    # What TensorRT keeps is no processor's.
    return _kept(open_session, content, replace(model, path=Path()), replace(plan, cache=None))


@lru_cache(100)
def _sha256(path: Path, _as_it_is: int) -> str:
    return sha256_of(path)


@lru_cache(MOST_KEPT)
def _kept(
    open_session: OpenSession, content: _Content, model: ModelFile, plan: SessionPlan
) -> Session:
    return open_session(replace(model, path=content.path), plan)
