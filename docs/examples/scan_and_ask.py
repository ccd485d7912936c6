"""Scan footage for the people of a gallery, and ask the results in SQL.

``python docs/examples/scan_and_ask.py GALLERY FOOTAGE …``

This process does the work; without ``changes`` Ray shares it among all cores, or among the
machines of the cluster that RAY_ADDRESS names.
"""

import sys

import lfr_batch as lfr

gallery, *footage = sys.argv[1:]
settings = lfr.Settings(changes={"engine.kind": "in_process", "footage.sample_fps": 5})
stated = lfr.Authority(
    case_ref="OP-1",
    authority="Insp. A. Example, ref 12/2026",
    purpose="identify the suspect",
    operator="a.example",
)

try:
    run = lfr.scan(footage, gallery, stated, settings=settings)
except lfr.LfrError as error:  # one sentence: what is wrong, and the way out
    sys.exit(str(error))

print(f"{run.run_id}: {run.status}, {run.sightings} sightings from a score of {run.threshold:.3f}")
for state in run.not_whole():  # failed is not "nothing found"
    print(f"{state.status}: {state.sentence}")

with lfr.open_results(settings) as results:
    table = results.arrow("FROM sightings WHERE run_id = $run", {"run": run.run_id})
    print(f"{table.num_rows} rows as Arrow, columns {', '.join(table.column_names[:5])}, …")
    print(results.ask("sightings_of_run", {"run_id": run.run_id}).select(["subject_id", "uri"]))
