"""From pictures to people: looks, shots, comparison. What scans, searches and live mode share.

It may import faces, footage, tracks and the gallery, and knows neither runs nor deployments. No
template and no picture of somebody who is not in the gallery leaves it.
"""
