"""The results lake: schemas, who holds a run, ledger, shards, publication, views, report.

It may import the gallery (whose pictures a report shows), footage and models' records, and
compares nobody. Templates never enter it; of people only sightings, candidates and alerts do.
"""
