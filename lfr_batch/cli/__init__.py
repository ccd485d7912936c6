"""The `lfr` command: options become records, records become sentences, tables and exit codes.

It may import everything, and nothing imports it. Answers go to stdout, all else to stderr; a name
from outside reaches a terminal through `output` alone.
"""
