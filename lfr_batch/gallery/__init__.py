"""Enrolled subjects: snapshots, exact search, thresholds, decisions."""
