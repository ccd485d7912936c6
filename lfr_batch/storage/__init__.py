"""Disks and buckets: files that are whole or not there, locks that die with their holder, lines
that are added whole, a directory or a bucket as one store, and what they refuse as one sentence.

It may import the errors alone, and knows neither runs nor galleries nor deployments: what is
written, and the way out of a refusal, its callers say. Nothing half-written gets a final name.
"""
