"""Find enrolled faces in footage archives: scan, search, and answers in SQL."""

__version__ = "0.1.0"
