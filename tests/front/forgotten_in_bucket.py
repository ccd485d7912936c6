"""The home of ``forgotten`` in a bucket, its results beside it. Run as ``python -m
tests.front.forgotten_in_bucket PLACE STEP,STEP… WHAT VALUE``, it forgets, or compacts where nothing
is said, in PLACE/STEP, each time in a process that is killed before the object that it would change
as the STEPth; 0 is none. It prints how each ended, and how many there were where it lived."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any

import lfr_batch as lfr
from lfr_batch.config.schema import S3Config
from lfr_batch.front.forget import ForgetOrder, What, carry_out, foresee_forgetting
from lfr_batch.gallery.snapshot_files import shared_files
from lfr_batch.homes.at_hand import snapshot_at_hand
from lfr_batch.homes.change import changed_gallery
from lfr_batch.results.compact import compact
from lfr_batch.results.store import open_store
from lfr_batch.storage.s3_store import S3Store
from tests.front.forgotten import PEOPLE, STATED, fill_results
from tests.gallery.conftest import people_of, publish_in
from tests.s3_steps import killed_at
from tests.traces import content


def fill(place: str) -> lfr.Settings:
    settings = settings_of(place)
    fill_results(open_store(f"{place}/results"))
    with changed_gallery(f"{place}/home", "custody", S3Config(), shared_files) as folder:
        publish_in(folder, people_of(PEOPLE))
    return settings


def settings_of(place: str) -> lfr.Settings:
    return lfr.Settings(home=f"{place}/home", results=f"{place}/results")


def order_of(place: str, what: What, value: str) -> ForgetOrder:
    return ForgetOrder(what, value, STATED, settings=settings_of(place))


def traces(place: str, mark: bytes) -> list[str]:
    """Objects that say it, in their names, bytes or rows; what is on record of forgetting apart."""
    store = S3Store(place, S3Config())
    paths = (path for path in store.list("") if not path.startswith("home/audit/"))
    return [path for path in paths if mark in content(path, store.read(path))]


def copied(place: str, content: Mapping[str, bytes]) -> None:
    """With this node's copy of the gallery, as of one that is filled."""
    store = S3Store(place, S3Config())
    for path, data in content.items():
        store.write_atomic(path, data)
    snapshot_at_hand(f"{place}/home", "custody", None, S3Config())


def main(place: str, steps: str, *asked: Any) -> None:
    for step in map(int, steps.split(",")):
        child = os.fork()
        if child == 0:
            with killed_at(step) as taken:
                _forget_or_compact(f"{place}/{step}", *asked)
            print(taken(), flush=True)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _forget_or_compact(place: str, *asked: Any) -> None:
    if asked:
        order = order_of(place, *asked)
        carry_out(order, foresee_forgetting(order))
    else:
        compact(open_store(f"{place}/results"))


if __name__ == "__main__":
    for module in ("pandas", "duckdb"):  # once here, not in every child
        importlib.import_module(module)
    main(*sys.argv[1:])
