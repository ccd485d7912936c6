"""A camera's frames become proposals: looked at, followed, compared, confirmed.

It may import recognition. A face lives in its track and nowhere else; only alerts about people on
the watchlist leave.
"""
