"""A whole case as one DuckDB file, asked with nothing of lfr_batch.

``python docs/examples/results_in_duckdb.py CASE``; the file opens with DuckDB's own command line,
too: ``duckdb case.duckdb``. Its comments say what every column means.
"""

import sys

import duckdb

import lfr_batch as lfr

stated = lfr.Authority(
    case_ref=sys.argv[1],
    authority="Insp. A. Example, ref 12/2026",
    purpose="disclosure to the defence",
    operator="a.example",
)

lfr.export("case.duckdb", stated)

with duckdb.connect("case.duckdb", read_only=True) as database:
    seen = database.sql("""
        SELECT subject_id, uri, round(max(score), 3) AS best_score, count(*) AS sightings
        FROM sightings JOIN footage USING (run_id, footage_id)
        GROUP BY ALL ORDER BY best_score DESC
    """)
    print(seen)
    meaning = database.sql("""
        SELECT comment FROM duckdb_columns()
        WHERE table_name = 'sightings' AND column_name = 'margin'
    """)
    print(f"margin: {meaning.fetchall()[0][0]}")
    print(database.sql("FROM exported").fetchall()[:3])  # who exported it, and for what
