"""A deployment from its order to its end: plan, parts, watchlist, outages, figures.

It may import watching and alerts. The watchlist is destroyed with it; figures hold nobody.
"""
