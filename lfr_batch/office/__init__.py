"""The examiners' screen: sightings of scans and searches, which two people decide; who may what.

It may import the console's doors and locks, cases and decisions, the lake and galleries, and knows
no engine. What a second examiner is not to know is not in any answer they get.
"""
