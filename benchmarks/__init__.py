"""Measurements of speed, scale and accuracy; `make bench` runs them side by side."""
