"""Sightings in a browser, with Datasette, which reads SQLite.

``python docs/examples/results_in_datasette.py CASE``; Datasette is not among lfr_batch's own
dependencies: ``pip install datasette``. Afterwards ``datasette case.sqlite`` serves the file on
this machine alone, which is where it should stay.
"""

import asyncio
import csv
import sqlite3
import sys
from contextlib import closing

from datasette.app import Datasette

import lfr_batch as lfr

stated = lfr.Authority(
    case_ref=sys.argv[1],
    authority="Insp. A. Example, ref 12/2026",
    purpose="analysis of the sightings",
    operator="a.example",
)

done = lfr.export("sightings.csv", stated)

with closing(sqlite3.connect("case.sqlite")) as database, done.path.open(newline="") as file:
    names, *rows = csv.reader(file)
    database.execute(f"CREATE TABLE sightings ({', '.join(names)})")
    marks = ", ".join("?" * len(names))
    database.executemany(f"INSERT INTO sightings VALUES ({marks})", rows)
    database.commit()


async def ask() -> None:
    """What the browser asks, without one."""
    served = Datasette(["case.sqlite"])
    answer = await served.client.get("/case/sightings.json?_shape=array&_sort_desc=score")
    for row in answer.json():
        print(f"{row['subject_id']} {float(row['score']):.3f} {row['camera_id']}")


asyncio.run(ask())
