"""From faces in frames to tracks, best shots and stitched sightings: functions alone.

It may import the boxes of faces and the settings. A track is all that is remembered of a face and
ends with it; what is stitched are sightings, never templates.
"""
