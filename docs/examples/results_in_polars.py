"""The strongest sighting of everybody, in Polars, lazily from a Parquet file.

``python docs/examples/results_in_polars.py CASE``; Polars is not among lfr_batch's own
dependencies: ``pip install polars``.
"""

import sys

import polars as pl

import lfr_batch as lfr

stated = lfr.Authority(
    case_ref=sys.argv[1],
    authority="Insp. A. Example, ref 12/2026",
    purpose="analysis of the sightings",
    operator="a.example",
)

done = lfr.export("sightings.parquet", stated)

best = (
    pl.scan_parquet(done.path)
    .sort("score", descending=True)
    .group_by("subject_id", maintain_order=True)
    .agg(pl.first("score"), pl.first("camera_id"), pl.first("best_utc"), pl.len().alias("of"))
    .collect()
)
for row in best.iter_rows(named=True):
    print(f"{row['subject_id']}: {row['score']:.3f} on {row['camera_id']}, best of {row['of']}")
