"""What stands in court: frames, clips, and packs that open and verify without us.

It may import scanning and all below. Other people's faces leave it in what is sealed for named keys
alone; all else that it makes shows nobody but the sighting's own face.
"""
