"""The version, by itself: it stands in every run and is part of every ``segment_id``."""

__version__ = "0.3.0"
