"""Who was seen how often on which camera, in pandas, from a Parquet file.

``python docs/examples/results_in_pandas.py CASE``
"""

import sys

import pandas as pd

import lfr_batch as lfr

stated = lfr.Authority(
    case_ref=sys.argv[1],
    authority="Insp. A. Example, ref 12/2026",
    purpose="analysis of the sightings",
    operator="a.example",
)

done = lfr.export("sightings.parquet", stated)  # of the case's runs, on record in the audit log
print(f"{done.rows['sightings']} sightings of {len(done.run_ids)} runs")

sightings = pd.read_parquet(done.path)
counts = sightings.groupby(["subject_id", "camera_id"], dropna=False).agg(
    sightings=("sighting_id", "count"), best_score=("score", "max"), first=("start_utc", "min")
)
print(counts.to_string())
