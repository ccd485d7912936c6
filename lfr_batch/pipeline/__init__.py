"""Compositions of the stages that read top to bottom; no Ray here."""
