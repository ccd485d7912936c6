"""Find enrolled faces in footage archives: scan, search, and answers in SQL."""

__version__ = "0.2.0"
