"""What stands in court: packs that open and verify without us, boards, certificates, reruns.

It may import scanning and what lies below it. Nothing it writes in the open shows anybody but a
sighting's own face: what shows others leaves sealed, for keys that somebody named, or not at all.
"""
