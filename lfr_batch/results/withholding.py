"""Runs that nobody may read for now: taken out of the lake as a whole, and put back.

Their rows are made anew beside the lake, and one manifest switches: before it everybody reads the
run, after it nobody does, and its row in ``runs`` says why. Putting back goes the same way. Whoever
is killed before the switch has changed nothing, and what leaves its place after it does so with the
next who comes by (``retire``). A run's state stays: it can be resumed once it is put back.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from lfr_batch.errors import UsageError
from lfr_batch.results import layout
from lfr_batch.results.hold import Hold
from lfr_batch.results.manifest import LakeManifest, LakePart, ShownRun
from lfr_batch.results.manifest_log import read_manifest
from lfr_batch.results.regroup import part_from_others
from lfr_batch.results.remade import (
    REMADE,
    Choice,
    Made,
    Place,
    bring,
    make,
    making,
    opened,
    overtaken_if_gone,
    until_still,
)
from lfr_batch.results.retire import retire, sweep_unnamed
from lfr_batch.results.run_log import WITHHELD, latest_row
from lfr_batch.results.stored_run import StoredRun

_VEIL = """
SELECT * REPLACE (
  $revision::INTEGER AS revision, 'withheld' AS status, $why::VARCHAR AS error,
  NULL::BIGINT AS sightings, NULL::INTEGER AS exit_code)
FROM ({row})
"""
_ITS_ROW = "FROM runs WHERE run_id = $run_id"
_AGAIN = f"SELECT * REPLACE ($revision::INTEGER AS revision) {_ITS_ROW}"


def is_withheld(run: StoredRun) -> bool:
    shown = read_manifest(run.store).runs.get(run.run_id)
    return shown is not None and bool(shown.aside)


def require_shown(run: StoredRun) -> None:
    """Raises UsageError for a run that is withheld, saying why."""
    if is_withheld(run):
        raise UsageError(withheld_words(run.run_id, (latest_row(run) or {}).get("error")))


def withheld_words(run_id: str, why: str | None) -> str:
    """``why``: as its row has it."""
    said = why or "it waits for its authorisation"
    return f"Run {run_id} is withheld until it is authorised: {said}."


def withhold(hold: Hold, why: str) -> None:
    """Nobody reads the run from then on; ``why`` stands in its row. Nothing of a run that is
    withheld, or that has no row yet. Raises StoreError, ResultsError."""
    until_still(hold.run.store, lambda: _withhold(hold.run, why))
    _tidy(hold.run)


def put_back(hold: Hold) -> None:
    """The run is as it was. Nothing of one that is not withheld. Raises as ``withhold``."""
    until_still(hold.run.store, lambda: _put_back(hold.run))
    _tidy(hold.run)


def finish_leaving(run: StoredRun) -> None:
    """Where somebody was killed after the switch, what is to leave its place leaves it."""
    if read_manifest(run.store).retiring:
        retire(run.store)


def _tidy(run: StoredRun) -> None:
    """Also what somebody left who was killed before the switch."""
    retire(run.store)
    sweep_unnamed(run.store, REMADE, (run.run_id,))


def veiled(
    run: StoredRun,
    shown: ShownRun,
    made: Made,
    path: str,
    why: str,
    row: str = _ITS_ROW,
    values: Mapping[str, Any] = MappingProxyType({}),
) -> LakePart:
    """What is seen of a run that is withheld, made of its row. ``path``: where that will be.
    ``row``: a query, with its ``values``."""
    given = {"run_id": run.run_id, "revision": layout.row_order(path)[1], "why": why, **values}
    choice = Choice(queries={"runs": _VEIL.format(row=row)}, values=given)
    with opened(run.store, _alone(shown)) as connection:
        (part,) = make(run.store, connection, made, lambda _d, _n: path, choice, ("runs",))
    return part


def _withhold(run: StoredRun, why: str) -> None:
    part_from_others(run)
    shown = read_manifest(run.store).runs.get(run.run_id)
    if shown is None or shown.aside:
        return
    with overtaken_if_gone(run.store, _alone(shown)), making(run.store, _alone(shown)) as made:
        veil = layout.next_row(shown.row.path, WITHHELD)
        token = secrets.token_hex(4)
        hidden = _made(run, shown, made, lambda d, n: layout.aside(_place(shown, d, n), token))
        row = veiled(run, shown, made, veil, why)
        after = replace(shown, finished=False, row=row, parts=(), aside=hidden)
        bring(run.store, made, _alone(shown), runs=[after])


def _put_back(run: StoredRun) -> None:
    shown = read_manifest(run.store).runs.get(run.run_id)
    if shown is None or not shown.aside:
        return
    before = shown.before
    with overtaken_if_gone(run.store, _alone(shown)), making(run.store, _alone(before)) as made:
        again = _again(shown, before)
        token = secrets.token_hex(4)
        place = partial(_back, shown, again, token)
        revision = layout.row_order(again)[1]
        parts = _made(run, before, made, place, {"runs": _AGAIN}, {"revision": revision})
        row = next(part for part in parts if part.dataset == "runs")
        others = tuple(part for part in parts if part.dataset != "runs")
        after = replace(shown, finished=layout.is_final(again), row=row, parts=others, aside=())
        bring(run.store, made, _alone(shown), runs=[after])


def _again(shown: ShownRun, before: ShownRun) -> str:
    """What the row is called that follows the one of the run as it was withheld."""
    found = layout.run_file_parts(before.row.path)
    return layout.next_row(shown.row.path, found[2] if found else layout.FINISHED)


def _alone(shown: ShownRun) -> LakeManifest:
    return LakeManifest(runs={shown.run_id: shown})


def _place(shown: ShownRun, dataset: str, number: int) -> str:
    if dataset == "runs":
        return shown.row.path
    return layout.part(dataset, shown.run_id, shown.epoch or layout.NO_EPOCH, number)


def _back(shown: ShownRun, row_path: str, token: str, dataset: str, number: int) -> str:
    """Under no name that there was: that may be yet to leave its place."""
    if dataset == "runs":
        return row_path
    return layout.part(dataset, shown.run_id, shown.epoch or layout.NO_EPOCH, number, token)


def _made(
    run: StoredRun,
    shown: ShownRun,
    made: Made,
    place: Place,
    queries: Mapping[str, str] = MappingProxyType({}),
    values: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[LakePart, ...]:
    choice = Choice("run_id = $run_id", queries, {"run_id": run.run_id, **values})
    with opened(run.store, _alone(shown)) as connection:
        return make(run.store, connection, made, place, choice)
