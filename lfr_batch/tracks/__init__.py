"""From faces in frames to tracks, best shots and stitched sightings."""
