"""Known people: enrolled pictures, snapshots that never change, exact search, thresholds.

It may import faces, footage (to read pictures) and models, and knows no run. Templates of probes
are never written, and what is written is its owner's alone.
"""
