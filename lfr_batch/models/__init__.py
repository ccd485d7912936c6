"""Model packs, their licences, and the sessions that run them, on processors or a GPU.

It may import `planes` and the settings, and knows no footage and no gallery. A pack is what its
hashes say, a device the one that was planned; a session keeps no picture and no answer.
"""
