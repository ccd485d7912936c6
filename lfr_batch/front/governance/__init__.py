"""Figures for a board: how often was searched, what came of it, and how it was decided.

It imports what the front may. What leaves are numbers: no face, no name, no case, and no count of
so few that it would be about them.
"""
