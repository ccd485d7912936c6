"""Alerts kept, sealed, shown and delivered, each once, whatever is killed meanwhile.

It knows no camera and no model. Nothing is written of people who are not on the watchlist.
"""
