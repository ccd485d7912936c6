"""A run: footage cut into segments, every segment searched once, its rows on the store.

It may import recognition and results; it knows no Ray (`engine` does) and no deployment. Only
sightings leave a worker: whoever matches nobody is forgotten with their track.
"""
