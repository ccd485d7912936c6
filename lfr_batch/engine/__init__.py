"""Where work runs: on Ray, or in this process. The only package that imports Ray.

It may import what it runs: work, recognition's settling, live mode's parts. Nothing of somebody
who is not enrolled lies in Ray's object store.
"""
