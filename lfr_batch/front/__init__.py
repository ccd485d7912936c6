"""The front door: the recipes of a scan, a search and an enrolment, each in one place.

The command line, benchmarks and ``import lfr_batch`` are its clients. It may know all that is
below the command line; nothing below it knows it. No face is compared through it before case,
authority, purpose and operator are stated, and it prints nothing.
"""
