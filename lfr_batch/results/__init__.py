"""The results lake: schemas, parts, ledger, views, queries, reports."""
