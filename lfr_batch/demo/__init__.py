"""The demonstration: real pictures, rendered and filmed, with known answers that are checked.

It may import models and results; what it runs is the command itself. Its pictures come from pinned
packages when it runs: none of them is in the repository.
"""
