"""After a deployment: alerts reopened, delivered, reviewed, reported on, deleted in time.

It may import what a deployment left. What is past its term is deleted everywhere at once.
"""
