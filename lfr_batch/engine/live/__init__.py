"""The engines of live mode: threads, and Ray's actors under supervision.

It may import live mode's parts. Pixels go from camera to analyst in lent memory without a name.
"""
