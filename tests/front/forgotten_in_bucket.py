"""The home of ``forgotten`` in a bucket, its results beside it. Run as ``python -m
tests.front.forgotten_in_bucket PLACE STEP WHAT VALUE``, it forgets, or compacts where nothing is
said, and is killed before the object that it would change as the STEPth; it prints how many there
were where it lived."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import lfr_batch as lfr
from lfr_batch.config.schema import S3Config
from lfr_batch.front.forget import ForgetOrder, What, carry_out, foresee_forgetting
from lfr_batch.gallery.snapshot_files import shared_files
from lfr_batch.homes.change import changed_gallery
from lfr_batch.results.compact import compact
from lfr_batch.results.store import open_store
from lfr_batch.storage.s3_store import S3Store
from tests.front.forgotten import PEOPLE, STATED, fill_results
from tests.gallery.conftest import people_of, publish_in
from tests.s3_steps import before_each_step
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


def main(place: str, step: str, *asked: Any) -> None:
    taken = 0

    def die() -> None:
        nonlocal taken
        taken += 1
        if taken == int(step):
            os.kill(os.getpid(), signal.SIGKILL)

    with before_each_step(die):
        if asked:
            order = order_of(place, *asked)
            carry_out(order, foresee_forgetting(order))
        else:
            compact(open_store(f"{place}/results"))
    print(taken)


if __name__ == "__main__":
    main(*sys.argv[1:])
